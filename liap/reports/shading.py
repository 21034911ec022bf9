"""A sentence with its words shaded by their scores: HTML for a notebook or a page, or text for a terminal.

Blue words speak for the mention's type, orange ones against it; the deeper the shade, the larger the score beside the largest of
its method. The mention itself is boxed and never shaded. Words are escaped: nothing that a corpus holds is run or moves a cursor.
"""

from __future__ import annotations

import html as escaping
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.errors import printable
from liap.records import Mention, Sentence

FOR, AGAINST = (0, 114, 178), (213, 94, 0)  # blue and vermilion of Okabe & Ito
TERMINAL_FOR = (195, 153, 111, 69)  # 256-colour codes, pale to strong
TERMINAL_AGAINST = (230, 222, 215, 208)
STARS = 3  # words that are marked where there is no colour


@dataclass(frozen=True, slots=True, eq=False)
class ShownMention:
    """A mention in its sentence, with its word scores and their faithfulness by method."""

    sentence: Sentence
    mention: Mention
    scores: Mapping[str, Float[np.ndarray, " words"]]  # methods with random draws are left out
    faithfulness: Mapping[str, Mapping[str, float]]  # the metrics' columns; NaN where one is undefined

    @property
    def text(self) -> str:
        return " ".join(self.sentence.words[self.mention.start : self.mention.end])

    @property
    def predicted_type(self) -> str:
        return self.mention.predicted_type

    @property
    def probability(self) -> float:
        """p, the geometric mean of the probabilities of the mention's tags; in [0, 1]."""
        return self.mention.probability


def strengths(explained: ShownMention, method: str) -> Float[np.ndarray, " words"]:
    """Scores over the largest size among the context words, in [-1, 1]; 0 for the mention's own words."""
    scores = np.where(explained.mention.context(len(explained.sentence.words)), explained.scores[method], 0.0)
    largest = np.abs(scores).max(initial=0.0)
    return scores / largest if largest > 0 else scores


def html(explained: ShownMention, methods: Sequence[str]) -> str:
    """One line per method, with the mention's type, p, and each method's LFS where it has one."""
    lines = "".join(_html_line(explained, method) for method in methods)
    caption = f"{_escaped(explained.text)}: {_escaped(explained.predicted_type)}, p = {explained.probability:.2f}"
    return (
        '<div style="font-family:system-ui,sans-serif;line-height:1.9;margin:.5em 0">'
        f'<div><b>{caption}</b></div><table style="border-collapse:collapse">{lines}</table></div>'
    )


def _html_line(explained: ShownMention, method: str) -> str:
    mention, values = explained.mention, strengths(explained, method)
    parts = []
    for index, word in enumerate(explained.sentence.words):
        if mention.start <= index < mention.end:
            about = 'style="border:1px solid currentColor;border-radius:3px;padding:0 .2em;font-weight:bold"'
        else:
            red, green, blue = FOR if values[index] >= 0 else AGAINST
            shade = f"background:rgba({red},{green},{blue},{0.75 * abs(values[index]):.2f})"
            score = f"{explained.scores[method][index]:+.4g}"
            about = f'style="{shade};border-radius:3px;padding:0 .15em" title="{score}"'
        parts.append(f"<span {about}>{_escaped(word)}</span>")
    cell = '<td style="text-align:left;padding:.1em .8em .1em 0;vertical-align:top">'
    return f"<tr>{cell}{_escaped(method)}{_lfs(explained, method)}</td>{cell}{' '.join(parts)}</td></tr>"


def terminal(explained: ShownMention, methods: Sequence[str], *, colour: bool) -> str:
    """One line per method under a line that names the mention; without colour the top words stand between stars."""
    title = f"{printable(explained.text)}: {printable(explained.predicted_type)}, p = {explained.probability:.2f}"
    width = max((len(method + _lfs(explained, method)) for method in methods), default=0)
    lines = [
        f"  {method + _lfs(explained, method):<{width}}  {_terminal_line(explained, method, colour)}"
        for method in methods
    ]
    return "\n".join([title, *lines])


def _terminal_line(explained: ShownMention, method: str, colour: bool) -> str:
    mention, values = explained.mention, strengths(explained, method)
    top = set(np.argsort(-values, kind="stable")[:STARS].tolist()) & set(np.flatnonzero(values > 0).tolist())
    parts = []
    for index, word in enumerate(map(printable, explained.sentence.words)):
        if mention.start <= index < mention.end:
            parts.append(f"[{word}]")
        elif colour and abs(values[index]) >= 0.05:
            shades = TERMINAL_FOR if values[index] > 0 else TERMINAL_AGAINST
            shade = shades[min(int(abs(values[index]) * len(shades)), len(shades) - 1)]
            parts.append(f"\x1b[30;48;5;{shade}m{word}\x1b[0m")
        else:
            parts.append(f"*{word}*" if not colour and index in top else word)
    return " ".join(parts)


def _lfs(explained: ShownMention, method: str) -> str:
    value = explained.faithfulness.get(method, {}).get("lfs", float("nan"))
    return "" if np.isnan(value) else f" (LFS {value:.2f})"


def _escaped(text: str) -> str:
    return escaping.escape(printable(text))
