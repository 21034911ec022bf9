"""The published protocol (Farokhrouz 2025), as its code ran, kept apart to explain the published table.

Source: K. Farokhrouz, "Linguistically-Informed Attention Pruning for Interpretable NER", University of Texas at Arlington, 2025:
its table, and what its scripts do. Nothing here is how LIAP is scored elsewhere in this project (see `faithfulness.lfs`).

1. `selection`: gold mentions, their first word only; the first 10 of each type in file order, sentences of 8 to 40 words, one
   mention a sentence.
2. Importance: `liap.explainers.liap_published`. Five named "strategies" were one and the same call.
3. `sets`: the mention's importance becomes 0; the 10 most and the 10 least important words are two sorts of all words. The
   mention may be among the most important; from the least it is dropped.
4. `measure`: each of these words alone becomes one `[MASK]`, the text is joined and tokenised again, and the drop of the
   predicted label's probability is read at the mention's index among the *tokenizer's* words. LFS = I / (I + U), or 0.5.
5. `steps`: the way from there to the fair protocol, one change at a time. `experiment` walks it.

Readings, where a choice is left or has to be said:
- The label is the model's own at the read place; where it is `O` (or there is no such place) the mention is not scored.
- The parser and the role labeller read the joined text, so their words are spaCy's tokens and not the corpus's.
- After a mask has shifted the text so that the read place is gone, the masked word counts as no drop.
- Sorts are stable: tied words come in the order of the sentence in *both* sorts. Sums are in single precision.
- A first mention is the first whose type still wants examples; the sentence is then closed. (The published code goes on to the
  validation split where the test split yields too few; CoNLL-2003's does not.)
- Of the five strategies only three are defined: syntactic, semantic, both. The two that were never written, `layer_wise` and
  `differentiable`, are stood in for by `either` (the union) and `none` (unpruned): five truly different calls.
- `[MASK]` is the tokenizer's own mask token.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Published statistics of LFS over a group of mentions."""

    mean: float
    median: float
    deviation: float
    n: int


EXAMPLES = 40
PUBLISHED = Figures(0.6626, 0.5958, 0.2386, 36)
PUBLISHED_BY_TYPE = {
    "LOC": Figures(0.572, 0.557, 0.244, 10),
    "MISC": Figures(0.744, 0.817, 0.243, 9),
    "ORG": Figures(0.691, 0.797, 0.240, 7),
    "PER": Figures(0.661, 0.550, 0.234, 10),
}
PUBLISHED_BY_LIME = {"answered": Figures(0.818, 0.890, 0.235, 6), "did not": Figures(0.632, 0.571, 0.231, 30)}
