/* A sentence's tree above its words; below them the drops as bars, and the frames' roles. Everything stands in the words' columns. */

const LEAST_FULL = 100; // a full bar is a drop of at least 0.01, in ten thousandths, so that rounding errors look like none
const ARC = 15, HIGHEST = 14, BAR = 34, LANE = 24, LETTERS = '13px system-ui, -apple-system, "Segoe UI", sans-serif';
const ruler = document.createElement("canvas").getContext("2d");

/* Where each word begins, its middle and its width. */
function columnsOf(words) {
  ruler.font = "bold " + LETTERS;
  let left = 8;
  return words.map((word) => {
    const width = Math.max(34, Math.ceil(ruler.measureText(word).width) + 14), column = { left, middle: left + width / 2, width };
    left += width;
    return column;
  });
}

/* An arc for each word with a head, each higher than those that it spans. */
function arcsOf(tree) {
  const arcs = [];
  tree.heads.forEach((head, word) => {
    if (head >= 0) arcs.push({ word, head, low: Math.min(word, head), high: Math.max(word, head), name: tree.relations[word] });
  });
  arcs.sort((left, right) => left.high - left.low - (right.high - right.low) || left.low - right.low);
  arcs.forEach((arc, number) => {
    const below = arcs.slice(0, number).filter((other) => arc.low < other.high && other.low < arc.high);
    arc.level = Math.min(HIGHEST, 1 + Math.max(0, ...below.map((other) => other.level)));
  });
  return arcs;
}

function drawArcs(picture, arcs, columns, base, own) {
  const sorted = [...arcs].sort((left, right) => own(left) - own(right));  // the mention's own arcs lie above the others
  for (const arc of sorted) {
    const mine = own(arc) ? " own" : "", height = arc.level * ARC, towards = Math.sign(arc.word - arc.head);
    const from = columns[arc.head].middle + 5 * towards, to = columns[arc.word].middle - 3 * towards, top = base - (height * 4) / 3;
    picture.append(drawn("path", { class: "arc" + mine, d: `M${from} ${base}C${from} ${top} ${to} ${top} ${to} ${base - 4}` }));
    picture.append(drawn("path", { class: "tip" + mine, d: `M${to - 3.5} ${base - 6}h7l-3.5 6z` }));
  }
  for (const arc of sorted) {
    const middle = (columns[arc.head].middle + columns[arc.word].middle) / 2, at = base - arc.level * ARC + 3;
    picture.append(drawn("text", { class: "relation" + (own(arc) ? " own" : ""), x: middle, y: at, "text-anchor": "middle" }, arc.name));
  }
}

/* Bars of ten-thousandths of a probability; up where taking the word away lowers p. Returns the height below `top`. */
function drawDrops(picture, drops, columns, top) {
  const sizes = drops.map((drop) => Math.abs(drop || 0)), largest = Math.max(...sizes, LEAST_FULL);
  const above = drops.some((drop) => drop > 0) ? BAR + 12 : 4, below = drops.some((drop) => drop < 0) ? BAR + 12 : 4;
  const zero = top + above, end = columns[columns.length - 1];
  picture.append(drawn("line", { class: "zero", x1: 8, x2: end.left + end.width, y1: zero, y2: zero }));
  drops.forEach((drop, word) => {
    if (!drop) return;
    const size = Math.max(1, (Math.abs(drop) / largest) * BAR), { middle } = columns[word];
    const bar = drawn("rect", { class: drop > 0 ? "drop" : "rise", x: middle - 9, y: drop > 0 ? zero - size : zero, width: 18, height: size });
    bar.append(drawn("title", {}, `${drop > 0 ? "p falls" : "p rises"} by ${Math.abs(drop) / 10000} without this word`));
    picture.append(bar);
    if (sizes[word] < 50 && sizes[word] < largest) return;
    if (Math.abs(drop) < LEAST_FULL / 2) return;
    const at = drop > 0 ? zero - size - 3 : zero + size + 10;
    picture.append(drawn("text", { class: "small", x: middle, y: at, "text-anchor": "middle" }, (Math.abs(drop) / 10000).toFixed(2)));
  });
  return above + below;
}

function drawRoles(picture, roles, columns, at) {
  for (const [name, start, end] of roles) {
    const kind = name === "V" ? " predicate" : "", left = columns[start].left + 3, right = columns[end - 1].left + columns[end - 1].width - 3;
    picture.append(drawn("line", { class: "lane" + kind, x1: left, x2: right, y1: at + 18, y2: at + 18 }));
    const label = name.replace("ARGM-", "");
    picture.append(drawn("text", { class: "role" + kind, x: (left + right) / 2, y: at + 13, "text-anchor": "middle" }, label));
  }
}

/* The picture of a sentence; `tree` and `drops` may be missing. Null where there is nothing to draw. */
function structurePicture(words, start, end, tree, drops) {
  const parsed = tree && tree.heads, frames = tree ? tree.frames : [];
  if (!parsed && !drops && !frames.length) return null;
  const columns = columnsOf(words), last = columns[columns.length - 1], arcs = parsed ? arcsOf(tree) : [];
  const picture = drawn("svg", { class: "structure", role: "img", width: last.left + last.width + 8 });
  const inside = (word) => word >= start && word < end, own = (arc) => inside(arc.word) !== inside(arc.head);
  const base = arcs.length ? Math.max(...arcs.map((arc) => arc.level)) * ARC + 18 : 6;
  const from = columns[start].left + 2, to = columns[end - 1].left + columns[end - 1].width - 2;
  picture.append(drawn("rect", { class: "box", x: from, y: base + 2, width: to - from, height: 21, rx: 4 }));
  picture.dataset.middle = (from + to) / 2;
  drawArcs(picture, arcs, columns, base, own);
  words.forEach((word, place) => {
    const about = { x: columns[place].middle, y: base + 17, "text-anchor": "middle", class: inside(place) ? "ours" : "" };
    picture.append(drawn("text", about, word));
  });
  let bottom = base + 28;
  if (drops) bottom += drawDrops(picture, drops, columns, bottom);
  for (const [, roles] of frames) {
    drawRoles(picture, roles, columns, bottom);
    bottom += LANE;
  }
  picture.setAttribute("height", bottom + 8);
  picture.setAttribute("viewBox", `0 0 ${last.left + last.width + 8} ${bottom + 8}`);  // paper shrinks it to its width
  const parts = [parsed ? "dependency arcs" : "", drops ? "drops in p" : "", frames.length ? "roles" : ""].filter(Boolean);
  picture.setAttribute("aria-label", `The sentence with ${parts.join(", ")}`);
  return picture;
}
