"""The published protocol (Farokhrouz 2025) as its code ran, kept apart to explain the published table.

Source: K. Farokhrouz, "Linguistically-Informed Attention Pruning for Interpretable NER", University of Texas at Arlington, 2025:
its table, and what its scripts do. LIAP is scored differently everywhere else in this project (see `faithfulness.lfs`).

1. `selection`: gold mentions, by their first word only; the first 10 of each type in file order, from sentences of 8 to 40 words,
   one mention per sentence.
2. Importance: `liap.explainers.liap_published`. Five named "strategies" were one and the same call.
3. `sets`: the mention's importance becomes 0. The 10 most and the 10 least important words come from two sorts of all words. The
   mention may be among the most important; from the least important it is dropped.
4. `measure`: each of these words alone becomes one `[MASK]`, and the text is joined and tokenised again. The drop of the predicted
   label's probability is read at the mention's index among the *tokenizer's* words. LFS = I / (I + U), or 0.5.
5. `steps`: the way from there to the fair protocol, one change at a time. `experiment` walks it, and `protocol_table` sums it up.

How unclear points were read:
- The label is the model's own at the place that is read. If it is `O`, or there is no such place, the mention is not scored.
- The parser and the role labeller read the joined text, so their words are spaCy's tokens and not the corpus's.
- If a mask shifts the text so that the place is gone, the masked word counts as no drop.
- Sorts are stable: tied words come in the order of the sentence in *both* sorts. Sums are in single precision.
- A sentence gives its first mention whose type still wants examples, and no other. (The published code goes on to the validation
  split if the test split yields too few mentions; that of CoNLL-2003 yields enough.)
- Of the five strategies only three are defined: syntactic, semantic, both. The two that were never written, `layer_wise` and
  `differentiable`, are replaced by `either` (the union) and `none` (unpruned), so that there are five truly different calls.
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
