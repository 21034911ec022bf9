/* The list of mentions. Only the rows in view exist, so that its length costs nothing. */

const ROW = 46, SPARE = 6;  // pixels of a row; rows kept above and below the view

class MentionList {
  constructor(index, choose) {
    this.index = index;
    this.choose = choose;
    this.box = document.getElementById("list");
    this.tall = document.getElementById("tall");
    this.places = [];
    this.chosen = -1;
    this.first = 0;
    this.rows = new Map();  // by place in the list; a row in view stays the same element, so that a click meets it
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.choose(Number(row.dataset.place));
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  show(places, first) {
    this.places = places;
    this.first = first;
    this.tall.style.height = places.length * ROW + "px";
    this.rows.clear();
    this.tall.replaceChildren(...(places.length ? [] : [element("p", "empty", "No mention fits these filters.")]));
    this.reveal();
    this.draw();
  }

  mark(place) {
    this.chosen = place;
    this.reveal();
    this.draw();
  }

  /* Scroll until the chosen mention is in view; to the top if it is not in the list. */
  reveal() {
    const at = this.places.indexOf(this.chosen);
    const top = at * ROW, height = this.box.clientHeight;
    if (at < 0) this.box.scrollTop = 0;
    else if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW > this.box.scrollTop + height) this.box.scrollTop = top + ROW - height;
  }

  draw() {
    const begin = Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE);
    const end = Math.min(this.places.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + SPARE);
    for (const [at, row] of this.rows) {
      if (at >= begin && at < end) continue;
      row.remove();
      this.rows.delete(at);
    }
    const next = this.tall.querySelector(".row"), known = next ? Number(next.dataset.at) : Infinity;
    for (let at = begin; at < end; at++) {
      if (!this.rows.has(at)) this.rows.set(at, this.tall.insertBefore(this.row(at), at < known ? next : null));
      this.rows.get(at).setAttribute("aria-selected", String(this.places[at] === this.chosen));
    }
    const current = document.getElementById("row-" + this.chosen);
    if (current) this.box.setAttribute("aria-activedescendant", current.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(at) {
    const { index } = this, place = this.places[at], { sentence, start, end, type, p } = index.mentions;
    const words = index.sentences.words[sentence[place]], value = index.values[this.first][place];
    const row = element("div", "row");
    row.id = "row-" + place;
    row.dataset.place = place;
    row.dataset.at = at;
    row.style.top = at * ROW + "px";
    row.setAttribute("role", "option");
    row.setAttribute("aria-posinset", String(at + 1));
    row.setAttribute("aria-setsize", String(this.places.length));
    const what = element("span", "what");
    const before = words.slice(Math.max(0, start[place] - 3), start[place]).join(" ");
    const after = words.slice(end[place], end[place] + 6).join(" ");
    what.append(element("bdi", "mention", words.slice(start[place], end[place]).join(" ")));
    what.append(element("bdi", "around", (before + " … " + after).trim()));
    row.append(what, element("bdi", "type", index.types[type[place]]), element("span", "number", p[place].toFixed(2)));
    row.append(element("span", "number", value === null ? "–" : value.toFixed(2)));
    return row;
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey || !this.places.length) return;
    event.preventDefault();
    const at = this.places.indexOf(this.chosen), last = this.places.length - 1;
    const next = at < 0 && Math.abs(steps[event.key]) === 1 ? 0 : at + steps[event.key];
    this.choose(this.places[Math.min(last, Math.max(0, next))]);
  }
}
