/* The page: colours, the plot's numbers, and the browser of mentions. */

const byId = (name) => document.getElementById(name);

function startColours() {
  byId("theme").addEventListener("change", (event) => {
    if (event.target.value) document.documentElement.dataset.theme = event.target.value;
    else delete document.documentElement.dataset.theme;
  });
}

/* A mark's numbers beside the pointer; a finger that touches the mark shows them too. */
function startTips() {
  const tip = byId("tip"), show = (event) => {
    const point = event.target.closest && event.target.closest("[data-tip]");
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = point.dataset.tip;
    const left = Math.min(event.pageX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = event.pageY + 14 + "px";
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("pointerdown", show);
}

/* On paper every table is open; afterwards those that were closed are closed again. */
function startPaper() {
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const part of closed) part.open = true;
  });
  window.addEventListener("afterprint", () => closed.forEach((part) => part.open = false));
}

class Browser {
  constructor(index) {
    this.index = index;
    this.places = new Map(index.mentions.start.map((_, place) => [address(index, place), place]));
    this.chosen = -1;
    this.fill();
    this.list = new MentionList(index, (place) => this.choose(place));
    byId("filters").addEventListener("input", () => this.select());
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => setTimeout(() => this.reset()));
    window.addEventListener("hashchange", () => this.follow());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  fill() {
    const options = (name, texts) => texts.forEach((text, place) => {
      const option = element("option", "", text);
      option.value = place;
      byId(name).append(option);
    });
    options("type", this.index.types);
    options("outcome", this.index.outcomes.map((name) => name.replace(/_/g, " ")));
    for (const name of ["scored", "first", "second"]) options(name, this.index.explainers);
    byId("sensitivity").parentElement.hidden = !this.index.sensitivity;
    this.showTwo();
  }

  showTwo() {
    const [first, second] = this.index.shown;
    byId("first").value = first;
    byId("second").value = second === undefined ? first : second;
  }

  reset() {
    this.showTwo();
    return this.select();
  }

  wanted() {
    const names = ["search", "type", "outcome", "scored", "sensitivity", "order"];
    return { ...Object.fromEntries(names.map((name) => [name, byId(name).value])), first: Number(byId("first").value) };
  }

  /* Filter and order, as the controls say. */
  async select() {
    const wanted = this.wanted(), second = Number(byId("second").value), pair = wanted.order === "apart" || wanted.order === "alike";
    const table = pair ? await block("disagreement") : null, began = performance.now();
    const disagreement = pair ? apart(table, this.index.explainers.length, wanted.first, second) : null;
    const places = ordered(fitting(this.index, wanted), keysOf(this.index, wanted, disagreement));
    this.list.show(places, wanted.first);
    const count = this.index.mentions.start.length;
    byId("count").textContent = `${places.length.toLocaleString("en")} of ${count.toLocaleString("en")} mentions.`;
    performance.measure("select", { start: began, end: performance.now() });
    if (this.chosen >= 0) await this.describe();
  }

  async choose(place) {
    this.chosen = place;
    this.list.mark(place);
    history.replaceState(null, "", "#" + address(this.index, place));
    await this.describe();
  }

  async describe() {
    const place = this.chosen, details = await block("details-" + Math.floor(place / this.index.block));
    if (place !== this.chosen) return;  // another was chosen meanwhile
    const explainers = [Number(byId("first").value), Number(byId("second").value)];
    byId("detail").replaceChildren(...mentionParts(this.index, place, details, explainers));
  }

  /* Show the mention that the address names; filters that hide it are taken away. */
  async follow() {
    const place = this.places.get(location.hash.slice(1));
    if (place === undefined) return false;
    if (!this.list.places.includes(place)) {
      byId("filters").reset();
      await this.reset();
    }
    await this.choose(place);
    return true;
  }

  key(event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      byId("search").focus();
    } else if (event.key === "Escape" && typing) byId("list").focus();
  }
}

async function startBrowser() {
  if (!byId("index")) return;
  const browser = new Browser(await block("index"));
  await browser.select();
  if (await browser.follow()) byId("browser").scrollIntoView();
  else if (browser.list.places.length) {
    browser.chosen = browser.list.places[0];
    browser.list.mark(browser.chosen);
    await browser.describe();
  }
}

startColours();
startTips();
startPaper();
startBrowser().then(() => {
  document.documentElement.dataset.ready = "yes";
});
