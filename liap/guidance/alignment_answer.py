"""What does alignment cost, and what does it buy? Sentences that follow from the rows by rule.

A difference of F1 *costs* or *gains* where the interval over documents excludes 0 on the same side for every seed; otherwise F1
*is not measurably changed*. The weight of a target is the one chosen on dev. Where a mask's interval for the difference of LFS lies
below 0 for every seed, LIAP's syntactic mask still loses to nearest words; above 0, it wins; otherwise neither. Inside the pass, a
structure keeps more (or less) F1 than its control where the interval of their difference excludes 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from liap.guidance.alignment_rows import Row
from liap.guidance.alignment_settings import NONE

FEW = 20  # documents; with fewer, percentile intervals are too narrow


def answer(rows: Sequence[Row], summary: Sequence[Row], masked: Sequence[Row]) -> str:
    """The sentences for what was run."""
    sentences = []
    chosen = {str(line["target"]): line for line in summary if line["chosen"]}
    for name in chosen:
        if name != NONE and "/" not in name:
            sentences += [cost(name, chosen, rows), benefit(chosen[name], chosen[NONE], rows)]
    sentences += [masks_sentence(masked, kind) for kind in ("all", "mentions")]
    documents = int(min((row["documents"] for row in (*rows, *masked)), default=FEW))
    if documents < FEW:
        sentences.append(
            f"Only {documents} documents were read, so the intervals are too narrow; read more test sentences."
        )
    return "\n".join(sentence for sentence in sentences if sentence)


def cost(name: str, chosen: dict[str, Row], rows: Sequence[Row]) -> str:
    """What guiding to a structure does to F1, beside its controls."""
    parts = []
    for target in (one for one in chosen if one.partition("/")[0] == name):
        line = chosen[target]
        own = [row for row in rows if (row["target"], row["weight"]) == (target, line["weight"])]
        parts.append(
            f"{target} (weight {line['weight']:g}) {verdict(own)} ({signed(line['f1_difference'])}{spread(line)})"
        )
    seeds = int(chosen[name]["seeds"])
    return f"Cost, over {seeds} seed{'s' if seeds > 1 else ''}, F1 against ordinary fine-tuning: {'; '.join(parts)}."


def verdict(rows: Sequence[Row]) -> str:
    """costs, gains, or neither, over seeds."""
    if all(row["f1_high"] < 0 for row in rows):
        return "costs F1"
    if all(row["f1_low"] > 0 for row in rows):
        return "gains F1"
    return "does not measurably change F1"


def benefit(line: Row, control: Row, rows: Sequence[Row]) -> str:
    """What guiding to a structure does to alignment and faithfulness."""
    own = [row for row in rows if (row["target"], row["weight"]) == (line["target"], line["weight"])]
    if all(row["lfs_high"] < 0 for row in own):
        outcome = "still loses to nearest words"
    elif all(row["lfs_low"] > 0 for row in own):
        outcome = "now beats nearest words"
    else:
        outcome = "is not told apart from nearest words"
    changes = "; ".join(
        f"{label} {control[name]:.3f} -> {line[name]:.3f}"
        for name, label in (
            ("head_share_guided", "the guided heads' attention on the syntactic head"),
            ("ratio_guided", "their ratio to what distance expects"),
            ("ratio_all", "all heads' ratio"),
            ("lfs_attention", "LFS of attention"),
            ("precision_guided", "the guided heads' average precision on marked words"),
            ("precision_all", "all heads'"),
            ("lfs_difference", "LIAP's syntactic mask minus nearest words, LFS"),
        )
        if not math.isnan(line[name])
    )
    known = any(row["mentions"] for row in own)
    return f"Bought by {line['target']}: {changes}." + (f" The syntactic mask {outcome}." if known else "")


def masks_sentence(masked: Sequence[Row], kind: str) -> str:
    """What hard masks inside the pass cost, with the most layers restricted; empty where none ran."""
    own = [row for row in masked if row["rows"] == kind]
    if not own:
        return ""
    layers = "all" if any(row["layers"] == "all" for row in own) else own[0]["layers"]
    weight = max(row["weight"] for row in own)
    own = [row for row in own if (row["layers"], row["weight"]) == (layers, weight)]
    costs = "; ".join(
        f"{row['restriction']} {signed(row['f1_difference'])} [{row['f1_low']:+.3f}, {row['f1_high']:+.3f}]"
        for row in own
    )
    whose = "all words" if kind == "all" else "mentions"
    return f"Inside the pass ({whose} restricted, layers {layers}, weight {weight:g}), F1 changes: {costs}." + "".join(
        f" {compared(row)}" for row in own if not math.isnan(row["structure_difference"])
    )


def compared(row: Row) -> str:
    """A structure's mask against its control of equal size, by the interval of their paired difference."""
    structure, _, control = str(row["restriction"]).partition("/")
    low, high = row["structure_low"], row["structure_high"]
    outcome = "keeps more than" if low > 0 else "keeps less than" if high < 0 else "is not told apart from"
    return f"{structure} {outcome} its {control} of equal size ({signed(row['structure_difference'])} [{low:+.3f}, {high:+.3f}])."


def signed(value: float) -> str:
    return f"{value:+.3f}"


def spread(line: Row) -> str:
    """The standard deviation over seeds; empty for one seed."""
    return "" if math.isnan(line["f1_difference_sd"]) else f", sd {line['f1_difference_sd']:.3f}"
