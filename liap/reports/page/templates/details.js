/* One mention: its sentence shaded by two explainers, its tree, frames and drops. */

const TOP = 3;  // words named below a sentence

function shadedSentence(words, start, end, scores) {
  const sentence = element("p", "sentence");
  words.forEach((word, place) => {
    const span = element("span", "word", word), own = place >= start && place < end;
    if (own) span.classList.add("own");
    else if (scores) {
      const share = scores[1][place] / 1000;
      span.title = signed(share * scores[0]);
      if (share) span.classList.add(share > 0 ? "for" : "against");
      span.style.setProperty("--size", Math.abs(share));
    }
    sentence.append(span, " ");
  });
  return sentence;
}

function topWords(words, scores) {
  const places = scores[1].map((score, place) => place).filter((place) => scores[1][place] > 0);
  places.sort((left, right) => scores[1][right] - scores[1][left] || left - right);
  const named = places.slice(0, TOP).map((place) => `${words[place]} ${signed((scores[1][place] / 1000) * scores[0])}`);
  return named.length ? "Highest: " + named.join(", ") : "No word speaks for the type.";
}

function explainerPart(index, place, explainer, scores) {
  const part = element("section"), { sentence, start, end } = index.mentions, words = index.sentences.words[sentence[place]];
  const value = index.values[explainer][place], { label, digits } = index.measure;
  const shown = value === null ? `no ${label}` : `${label} ${value.toFixed(digits)}`;
  const sensitivity = index.sensitivity && value !== null ? (index.sensitive[explainer][place] ? ", sensitive" : ", insensitive") : "";
  part.append(element("h4", "", `${index.explainers[explainer]} (${shown}${sensitivity})`));
  part.append(shadedSentence(words, start[place], end[place], scores));
  part.append(element("p", "top-words", scores ? topWords(words, scores) : "This explainer has no score for this mention."));
  return part;
}

function spanOf(start, end) {
  return end - start === 1 ? `word ${start}` : `words ${start} to ${end - 1}`;
}

function factsOf(index, place) {
  const { sentence, start, end, type, gold, outcome, p } = index.mentions, facts = element("p", "facts");
  const goldType = index.gold_types[gold[place]], result = index.outcomes[outcome[place]].replace(/_/g, " ");
  facts.append(element("b", "", index.types[type[place]]), `, p = ${p[place].toFixed(3)}, `, element("b", "", result));
  if (goldType && goldType !== index.types[type[place]]) facts.append(", gold ", element("b", "", goldType));
  const number = index.sentences.number[sentence[place]], link = element("a", "", `sentence ${number}, ${spanOf(start[place], end[place])}`);
  link.href = "#" + address(index, place);
  facts.append("; ", link);
  return facts;
}

function structurePart(words, start, end, tree, drops) {
  const picture = structurePicture(words, start, end, tree, drops);
  if (!picture) return [];
  const parts = [];
  if (tree && tree.heads) parts.push("arcs: the dependency tree, bold where the mention is an end");
  if (drops) parts.push("bars: how far p falls (up) or rises (down) when the word alone is taken away");
  if (tree && tree.frames.length) parts.push("lines: the roles of each frame");
  const scroll = element("div", "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Structure of the sentence");
  scroll.append(picture);
  requestAnimationFrame(() => {  // the mention in the middle of what is seen
    scroll.scrollLeft = Number(picture.dataset.middle) - scroll.clientWidth / 2;
  });
  return [element("h4", "", "Structure and drops"), scroll, element("p", "top-words", parts.join("; ") + ".")];
}

/* The parts of a mention's article. */
function mentionParts(index, place, details, explainers) {
  const { sentence, start, end } = index.mentions, words = index.sentences.words[sentence[place]];
  const mention = details.mentions[place % index.block], tree = details.sentences[index.sentences.number[sentence[place]]];
  const two = element("div", "two");
  two.append(...explainers.map((explainer) => explainerPart(index, place, explainer, mention.scores[explainer])));
  const title = element("h3", "", words.slice(start[place], end[place]).join(" "));
  const key = element("p", "top-words", "Blue speaks for the type, orange (dotted line) against it; deeper is stronger, beside the explainer's largest score here.");
  return [title, factsOf(index, place), two, key, ...structurePart(words, start[place], end[place], tree, mention.drops)];
}

/* What the page's address names a mention by: its sentence's number and its span. */
function address(index, place) {
  const { sentence, start, end } = index.mentions;
  return `${index.sentences.number[sentence[place]]}-${start[place]}-${end[place]}`;
}
