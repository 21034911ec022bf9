"""What matters of a run that has just ended, for the end of its script: five lines for a corpus, shaded sentences for raw text.

Both read the run's own files. The five lines are means alone, without intervals: `analyze_results.py` computes those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.columns import SCORES, method_name
from liap.explainers.liap import liap
from liap.explainers.occlusion import occlusion
from liap.records import Mention, Sentence
from liap.reports.contrasts import pairs_of
from liap.reports.declared import Declared, read_declared
from liap.reports.explained import EXPLANATIONS, ExplainedLine, read_explained
from liap.reports.layout import MISSING, number
from liap.reports.panel import Method, Panel, panel_of
from liap.reports.rows import LFS, read_rows
from liap.reports.shading import ShownMention, terminal
from liap.tables import records

PICTURES = "visualizations"
MOST_SENTENCES = 20  # mentions that are shown of raw text
_PREFERRED = (liap.name, occlusion.name)  # what was kept of attention, and what the recogniser used
_MOST_METHODS = 6


def five_lines(results: Path | str) -> str:
    """Of a corpus: its mentions, the methods' means, LIAP beside its matched controls, insensitive mentions, the pictures."""
    folder = Path(results)
    run = read_declared(folder)
    if not run.measures:
        return f"No metric that ran has a column for tables; the word scores are in {folder / EXPLANATIONS}"
    panel = panel_of(read_rows(folder, run), run)
    sentences, documents = panel.mentions["sentence"].nunique(), int(panel.document.max()) + 1
    counts = f"{len(panel.mentions)} mentions explained, in {sentences} sentences of {documents} documents."
    return "\n".join([counts, _means(panel), _beside_controls(panel), _insensitive(panel), _pictures(folder)])


def _means(panel: Panel) -> str:
    """The best method's mean, and that of the others: of an explainer with variants, the variant that scores most mentions."""
    means, counts = _mean_of_columns(panel), (~np.isnan(panel.scores)).sum(axis=0)
    sign = -1.0 if panel.primary.better == "lower" else 1.0
    names = [one.name for one in panel.explainers if one.role == "method"]
    main = [max(panel.columns(name), key=lambda column: counts[column]) for name in names]
    main = [column for column in main if counts[column] and not panel.methods[column].ceiling]
    if not main:
        return f"Mean {panel.primary.label}: no method has a score."
    best = max(main, key=lambda column: sign * means[column])
    chosen = sorted(main, key=lambda column: -sign * means[column])[:_MOST_METHODS]
    chosen += [column for column in main if panel.methods[column].explainer == liap.name and column not in chosen]
    others = [f"{panel.methods[column].label} {_shown(panel, means[column])}" for column in chosen if column != best]
    chance = f"; chance {panel.primary.chance:g}" if panel.primary.chance is not None else ""
    first = f"best {panel.methods[best].label} {_shown(panel, means[best])}"
    return f"Mean {panel.primary.label}: {'; '.join([first, *others])}{chance}."


def _beside_controls(panel: Panel) -> str:
    """How many variants of the first method with controls have a better mean than each of their controls, and an example."""
    pairs = [(left, right) for family, left, right in pairs_of(panel) if family == "controls"]
    if not pairs:
        return "No method ran together with its matched controls, so nothing can be said about structure."
    name = panel.methods[pairs[0][0]].explainer
    lefts = list(dict.fromkeys(left for left, _ in pairs if panel.methods[left].explainer == name))
    sign = -1.0 if panel.primary.better == "lower" else 1.0
    paired = {
        left: [(right, *_paired_means(panel, left, right)) for one, right in pairs if one == left] for left in lefts
    }
    better = sum(all(sign * own > sign * other for _, own, other in paired[left]) for left in lefts)
    scored = (~np.isnan(panel.scores)).sum(axis=0)
    left = max(lefts, key=lambda column: scored[column])
    shown = [
        f"{_shown(panel, own - other, sign=True)} over {panel.methods[right].declaration.phrase}"
        for right, own, other in paired[left]
    ]
    label = panel.declared.explainer(name).label
    how_many = (
        f"{better} of {len(lefts)} variants have" if len(lefts) > 1 else ("it has" if better else "it does not have")
    )
    return (
        f"{label} beside its matched controls: {how_many} a better mean than every control; "
        f"{panel.methods[left].label}: {', '.join(shown)} (means alone; analyze_results.py has the intervals)."
    )


def _insensitive(panel: Panel) -> str:
    """The share of the scored mentions where the hidden words hardly matter, under the first method."""
    if not panel.has_lfs:
        return "Insensitive mentions: not known without LFS."
    scored = (~np.isnan(panel.scores)).sum(axis=0)
    names = [one.name for one in panel.explainers if one.role == "method"] or [panel.explainers[0].name]
    column = max(panel.columns(names[0]), key=lambda column: scored[column])
    count, whole = int(scored[column] - panel.sensitive[:, column].sum()), int(scored[column])
    share = f"{count / whole:.0%}" if whole else MISSING
    return f"Insensitive under {panel.methods[column].label}: {count} of {whole} mentions ({share}), where hiding the words ranked first and last hardly changes p."


def _pictures(folder: Path) -> str:
    pictures = len({path.stem for path in (folder / PICTURES).glob("example_*")})
    drawn = (
        f"{pictures} picture{'s' if pictures > 1 else ''}: {folder / PICTURES}"
        if pictures
        else "No pictures were drawn"
    )
    return f"{drawn}. Tables and plots: python analyze_results.py --results {folder}"


def _mean_of_columns(panel: Panel) -> Float[np.ndarray, " methods"]:
    known = ~np.isnan(panel.scores)
    return np.where(known, panel.scores, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _paired_means(panel: Panel, left: int, right: int) -> tuple[float, float]:
    """The means of two methods on the mentions that both have scored; NaN without any."""
    both = ~np.isnan(panel.scores[:, left]) & ~np.isnan(panel.scores[:, right])
    if not both.any():
        return float("nan"), float("nan")
    return float(panel.scores[both, left].mean()), float(panel.scores[both, right].mean())


def _shown(panel: Panel, value: float, *, sign: bool = False) -> str:
    text = number(value, panel.primary.digits)
    return f"+{text}" if sign and value >= 0 else text


def shaded_sentences(results: Path | str, *, colour: bool | None = None) -> str:
    """Of raw text: each mention with its type and p, and its sentence shaded by two explainers.

    Without `colour`, terminals get colours, and files and pipes get stars; so do terminals where NO_COLOR is set.
    """
    folder, colour = Path(results), _coloured() if colour is None else colour
    run, lines = read_declared(folder), read_explained(folder / EXPLANATIONS)
    shown = list(islice(lines, MOST_SENTENCES))
    more = sum(1 for _ in lines)
    faithfulness = _faithfulness(folder, [line.key for line in shown])
    parts = [_shaded(line, run, faithfulness, colour) for line in shown]
    parts += [f"… and {more} more mentions in {folder / EXPLANATIONS}"] if more else []
    return "\n\n".join(parts)


def legend(*, colour: bool | None = None) -> str:
    """What the marks of `shaded_sentences` mean."""
    if _coloured() if colour is None else colour:
        return "[word]: the mention. Blue speaks for its type, orange against it; deeper is stronger."
    return "[word]: the mention. *word*: among the three words that speak most for its type."


def _coloured() -> bool:
    """Whether the output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _shaded(line: ExplainedLine, run: Declared, faithfulness: Mapping, colour: bool) -> str:
    labels = {name: Method(run.explainer(name.partition("/")[0]), name.partition("/")[2]) for name in line.scores}
    chosen = {name: labels[name].declaration.label for name in two_methods(line.scores, run)}
    mention = Mention(
        line.sentence,
        0,
        line.start,
        line.end,
        ("",) * (line.end - line.start),
        line.entity_type,
        None,
        "no_gold",
        line.probability,
    )
    one = ShownMention(
        Sentence(line.sentence, 0, line.words),
        mention,
        {label: np.array(line.scores[name]) for name, label in chosen.items()},
        {label: {LFS: faithfulness.get((*line.key, name), float("nan"))} for name, label in chosen.items()},
    )
    return terminal(one, list(one.scores), colour=colour)


def two_methods(names: Iterable[str], run: Declared) -> list[str]:
    """Two methods of different explainers: LIAP and occlusion where they ran, else the first ones; never LFS's ceiling."""
    by_explainer: dict[str, str] = {}
    for name in names:
        by_explainer.setdefault(name.partition("/")[0], name)
    methods = [one for one in by_explainer if run.explainer(one).role == "method"] or list(by_explainer)
    ranked = sorted(methods, key=lambda one: (one not in _PREFERRED, run.rank(one)))
    return [by_explainer[one] for one in ranked[:2]]


def _faithfulness(folder: Path, wanted: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int, int, str], float]:
    """LFS by mention and method; NaN where it is undefined, nothing in a run without LFS."""
    keys, values = set(wanted), {}
    lines = (cells for _, cells in records(folder / SCORES))
    names = next(lines)
    for row in (dict(zip(names, cells, strict=True)) for cells in lines):
        key = int(row["sentence"]), int(row["start"]), int(row["end"])
        if key in keys and LFS in row:
            name = method_name(row["explainer"], row["variant"])
            values[(*key, name)] = float(row[LFS] or "nan")
    return values
