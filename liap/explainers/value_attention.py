"""Value-weighted attention: the length of the vector that attention carries from a context word (Kobayashi et al. 2020, EMNLP).

1. In each layer, the output of attention at piece i is a sum over pieces j of `sum_h alpha^h_ij f^h(x_j)`, with
   `f^h(x) = (x W_V^h + b_V^h) W_O^h`. The norm of that summand is what j weighs for i: the vectors of all heads (the chosen ones) are added
   before the norm is taken, as the paper does for a whole layer. See `liap.taggers.attention_norms`.
2. Pieces become words, and the mention's rows and the layers are averaged, as for `attention`: the sum over the pieces of a context
   word, the mean over those of each of the mention's words. The residual connection and the layer norm are left out, as in the paper.
"""

from __future__ import annotations

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.explainers.importance import importance
from liap.records import Explanation


@explainer(
    family="attention",
    label="value-weighted attention",
    needs=("value_attention",),
    colour="#6699CC",
    marker="^",
)
def value_attention(case: Case) -> Explanation:
    """The norm of value-weighted attention, a mean over layers and the mention's words: one forward pass; scores from 0."""
    layers, heads = case.settings.chosen
    norms = case.view.value_attention(tuple(heads))
    return Explanation(importance(norms[layers] if layers else norms, case.context[None]), passes=1)
