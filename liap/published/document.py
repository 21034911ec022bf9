"""Rows of `published_protocol.csv` -> the blocks of `docs/published_protocol.md`. Every number in the document comes from here.

The text between `<!-- published:begin NAME -->` and `<!-- published:end NAME -->` is replaced. The numbers decide what the sentences
say about them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from liap.files import write_whole
from liap.published import EXAMPLES, PUBLISHED, PUBLISHED_BY_LIME, PUBLISHED_BY_TYPE, Figures
from liap.published.experiment import BEST, Facts
from liap.published.protocol_table import STRATEGY_LABELS, TableRow
from liap.reports.blocks import replaced

CHANCE = 0.5
MARKER = "published"  # of the document's blocks


def rewrite(document: Path, rows: Sequence[TableRow], facts: Facts) -> None:
    """Put the numbers into the document."""
    text = document.read_text(encoding="utf-8")
    write_whole(document, replaced(text, blocks(rows, facts), str(document), MARKER))


def blocks(rows: Sequence[TableRow], facts: Facts) -> dict[str, str]:
    """Name -> text of each block."""
    return {
        "setting": setting(facts),
        "answer": answer(rows),
        "steps": steps(rows),
        "types": types(rows),
        "strategies": strategies(rows),
        "lime": lime(rows, facts),
    }


def setting(facts: Facts) -> str:
    return (
        f"Model: {facts.model}. Corpus: {facts.corpus}. Parser: {facts.parser}. Roles: {facts.roles}. "
        f"Random importances: the mean of {facts.draws} draws per mention."
    )


def answer(rows: Sequence[TableRow]) -> str:
    """What random importances score under the published protocol, and how much of the published mean that is."""
    few, many = _pick(rows, "path", 0, "published"), _pick(rows, "path", 0, "gold")
    excess = few.random - CHANCE
    parts = [
        f"On the published selection ({few.mentions} mentions, {few.n} scored) random importances score **{few.random:.3f}** under "
        f"the published protocol, and LIAP scores **{few.liap:.3f}** on this model: {_told_apart(few)}.",
        f"On every gold mention of 8 to 40 words ({many.n} scored) random scores **{many.random:.3f}** and LIAP **{many.liap:.3f}**: "
        f"{_told_apart(many)}.",
    ]
    if few.liap > CHANCE:
        parts.append(
            f"Chance on a fair scale is 0.5. Of the {few.liap - CHANCE:.3f} that LIAP lies above it here, random has {excess:.3f} "
            f"({excess / (few.liap - CHANCE):.0%}) without having seen the sentence."
        )
    else:
        parts.append(f"On this model LIAP does not even lie above 0.5 there; random lies {excess:+.3f} from it.")
    parts.append(
        f"Set against the published {PUBLISHED.mean:.4f}, which is another model's, so this is a comparison and no measurement: "
        f"{few.random:.3f} of it is what random gets, and of its {PUBLISHED.mean - CHANCE:.3f} above 0.5, {excess:.3f} "
        f"({excess / (PUBLISHED.mean - CHANCE):.0%}). Its own standard error over {PUBLISHED.n} mentions, "
        f"{PUBLISHED.deviation:.4f} / √{PUBLISHED.n}, is {PUBLISHED.deviation / math.sqrt(PUBLISHED.n):.3f}."
    )
    last = _pick(rows, "path", max(row.step for row in rows if row.table == "path"), "predicted")
    parts.append(
        f"Under the fair protocol, at the table's end ({last.n} mentions scored), random scores {last.random:.3f} and LIAP "
        f"{last.liap:.3f}: {_told_apart(last)}."
    )
    return "\n\n".join(parts)


def _told_apart(row: TableRow) -> str:
    if math.isnan(row.low):
        return f"a difference of {row.difference:+.3f}, without an interval"
    verdict = "which random could give too" if row.low <= 0 <= row.high else "which is more than noise"
    return f"a difference of {row.difference:+.3f} [{row.low:+.3f}, {row.high:+.3f}], {verdict}"


def steps(rows: Sequence[TableRow]) -> str:
    """The table from the published protocol to the fair one."""
    lines = [
        "| | changed | n | LIAP | random | LIAP − random [95%] | n | LIAP | random | LIAP − random [95%] |",
        "|--:|:--|--:|--:|--:|:--|--:|--:|--:|:--|",
    ]
    for step in sorted({row.step for row in rows if row.table == "path"}):
        by_sample = {row.sample: row for row in rows if row.table == "path" and row.step == step}
        many = by_sample.get("gold") or by_sample["predicted"]
        few = _cells(by_sample["published"]) if "published" in by_sample else "| – | – | – | – "
        lines.append(f"| {step} | {many.label} {few}{_cells(many)}|")
    return "\n".join(lines)


def _cells(row: TableRow) -> str:
    return f"| {row.n} | {_number(row.liap)} | {_number(row.random)} | {_difference(row)} "


def types(rows: Sequence[TableRow]) -> str:
    """The published table beside its reproduction."""
    lines = [
        "| | published: n | mean | median | sd | here: n | mean | median | sd | random |",
        "|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        _beside(f"all {EXAMPLES}", PUBLISHED, _pick(rows, "path", 0, "published")),
    ]
    by_label = {row.label: row for row in rows if row.table == "type"}
    kinds = sorted({*PUBLISHED_BY_TYPE, *by_label})
    lines += [_beside(kind, PUBLISHED_BY_TYPE.get(kind), by_label.get(kind)) for kind in kinds]
    return "\n".join(lines)


def _beside(label: str, published: Figures | None, row: TableRow | None) -> str:
    then, now = ["–"] * 4, ["–"] * 5
    if published:
        then = [str(published.n), *map(_number, (published.mean, published.median, published.deviation))]
    if row:
        now = [str(row.n), *map(_number, (row.liap, row.median, row.sd, row.random))]
    return f"| {' | '.join([label, *then, *now])} |"


def strategies(rows: Sequence[TableRow]) -> str:
    """Each strategy, and the best of the five, under the published protocol."""
    lines = [
        "| strategy | n | LIAP | random | LIAP − random [95%] | n | LIAP | random | LIAP − random [95%] |",
        "|:--|--:|--:|--:|:--|--:|--:|--:|:--|",
    ]
    by_label = {(row.label, row.sample): row for row in rows if row.table == "strategy"}
    lines += [
        f"| {label} {_cells(by_label[label, 'published'])}{_cells(by_label[label, 'gold'])}|"
        for label in dict.fromkeys(label for label, _ in by_label)
    ]
    best = by_label.get((STRATEGY_LABELS[BEST], "published"))
    alone = _pick(rows, "path", 0, "published")
    if best:
        lines += [
            "",
            f"Taking the best of five lifts random importances from {alone.random:.3f} to {best.random:.3f} on the published selection, "
            f"and LIAP from {alone.liap:.3f} to {best.liap:.3f}.",
        ]
    return "\n".join(lines)


def lime(rows: Sequence[TableRow], facts: Facts) -> str:
    """The published comparison with LIME beside its reproduction."""
    lines = [
        "| LIME | published: n | LIAP's mean | median | sd | here: n | LIAP's mean | median | sd | random |",
        "|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    by_label = {row.label: row for row in rows if row.table == "lime"}
    lines += [_beside(label, figures, by_label.get(label)) for label, figures in PUBLISHED_BY_LIME.items()]
    mentions = _pick(rows, "path", 0, "published").mentions
    lines += [
        "",
        f"The piece that LIME explained is one of the mention's own for {facts.lime_saw_mention} of the {mentions} mentions.",
    ]
    return "\n".join(lines)


def _pick(rows: Sequence[TableRow], table: str, step: int, sample: str) -> TableRow:
    return next(row for row in rows if (row.table, row.step, row.sample) == (table, step, sample))


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _difference(row: TableRow) -> str:
    if math.isnan(row.difference):
        return "–"
    interval = "" if math.isnan(row.low) else f" [{row.low:+.3f}, {row.high:+.3f}]"
    return f"{row.difference:+.3f}{interval}"
