/* Which mentions are shown, and in which order. */

/* Lower-case sentences, for the search. */
function haystack(index) {
  index.lower = index.lower || index.sentences.words.map((words) => words.join(" ").toLowerCase());
  return index.lower;
}

/* Places of the mentions that fit `wanted`: search, type, outcome, scored, sensitivity, first. Empty texts want everything. */
function fitting(index, wanted) {
  const { sentence, type, outcome, start } = index.mentions, sentences = haystack(index), places = [];
  const query = wanted.search.trim().toLowerCase();
  const wantedType = wanted.type === "" ? -1 : Number(wanted.type);
  const wantedOutcome = wanted.outcome === "" ? -1 : Number(wanted.outcome);
  const scored = wanted.scored === "" ? null : index.values[Number(wanted.scored)];
  const values = index.values[wanted.first], sensitive = index.sensitive[wanted.first];
  const sensitivity = wanted.sensitivity === "" ? -1 : Number(wanted.sensitivity);
  for (let place = 0; place < start.length; place++) {
    if (wantedType >= 0 && type[place] !== wantedType) continue;
    if (wantedOutcome >= 0 && outcome[place] !== wantedOutcome) continue;
    if (scored && scored[place] === null) continue;
    if (sensitivity >= 0 && (values[place] === null || sensitive[place] !== sensitivity)) continue;
    if (query && !sentences[sentence[place]].includes(query)) continue;
    places.push(place);
  }
  return places;
}

/* The disagreement of two explainers by mention; they are told by their numbers. */
function apart(table, count, first, second) {
  if (first === second) return null;
  const left = Math.min(first, second), right = Math.max(first, second);
  return table[left * count - (left * (left + 1)) / 2 + right - left - 1];
}

/* A number per mention by which it is ordered, smallest first; null comes last. */
function keysOf(index, wanted, disagreement) {
  const values = index.values[wanted.first], sentences = index.sentences.words;
  const lengths = () => index.mentions.sentence.map((sentence) => sentences[sentence].length);
  const negative = (numbers) => numbers.map((number) => (number === null ? null : -number));
  switch (wanted.order) {
    case "low": return values;
    case "high": return negative(values);
    case "long": return negative(lengths());
    case "short": return lengths();
    case "apart": return disagreement && negative(disagreement);
    case "alike": return disagreement;
    default: return null;
  }
}

function ordered(places, keys) {
  if (!keys) return places;
  const rank = (place) => (keys[place] === null ? Infinity : keys[place]);
  return places.sort((left, right) => (rank(left) === rank(right) ? left - right : rank(left) - rank(right)));
}
