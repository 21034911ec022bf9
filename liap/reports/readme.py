"""`results/` -> the tables of a README, so that none is ever typed.

The text between `<!-- results:begin NAME -->` and `<!-- results:end NAME -->` is replaced. NAME is a block of `BLOCKS`,
`recogniser`, of `FILES`, or a study's own; `FOLDER/NAME` is the block of the run in that folder of `results/`. `tools/readme.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from liap.errors import InputError
from liap.reports import diagnostic_properties, display, recogniser_seeds, screen
from liap.reports.analysis import Analysis, analyse
from liap.reports.benchmark import agreement_table, benchmark, findings, pruning, table
from liap.reports.blocks import find_blocks, replaced
from liap.reports.declared import read_declared
from liap.reports.explainer_costs import costs_of_explainers
from liap.reports.layout import MISSING, escaped, markdown, number
from liap.reports.metric_agreement import compared
from liap.reports.panel import FAMILY
from liap.reports.rows import SIGNED, read_rows
from liap.reports.seed_agreement import agreement_table as seeds_of_lime
from liap.reports.verdict import beside_others, verdict, verdict_table

OVERALL = "overall"
_SHARES = ("precision", "recall", "f1")


def _headline(analysis: Analysis) -> str:
    panel = analysis.panel
    table = display.explainers(panel, display.without_controls(panel, analysis.explainers)).markdown()
    mentions, documents = len(panel.mentions), int(panel.document.max()) + 1
    return (
        f"{table}\n\n{mentions} mentions in {documents} documents; *scored*: share of mentions with a score; *coverage*: mean share of "
        f"the context that the mask keeps; intervals: 95%, documents resampled; *insensitive*: I + U < 0.01.{panel.ceiling_note}"
    )


def _metrics(analysis: Analysis) -> str:
    table = display.metrics(analysis.panel, display.without_controls(analysis.panel, analysis.measures)).markdown()
    return f"{table}\n\nMean, with 95% intervals that resample documents."


def _matrix(analysis: Analysis, family: str, measure: str = "", unit: str = "") -> str:
    table = display.matrix(analysis, family, measure or analysis.panel.primary.name).markdown()
    return f"{table}\n\n{unit}Paired on the same mentions. {display.MARKS}"


def _verdict_table(analysis: Analysis) -> str:
    note = "Differences are paired on the same mentions; intervals: 95%, documents resampled."
    return f"{verdict_table(analysis).markdown()}\n\n{note}"


def _verdict_brief(analysis: Analysis) -> str:
    note = "Mean differences, paired on the same mentions; ▲: the 95% interval is above 0, ▼: below 0, =: it contains 0, ?: there is none."
    return f"{screen.contrasts(analysis).markdown()}\n\n{note}"


def _evidence(analysis: Analysis) -> str:
    panel = analysis.panel
    table = display.evidence(panel, display.without_controls(panel, analysis.evidence)).markdown()
    sizes = panel.mentions[FAMILY].value_counts()
    counted = ", ".join(f"{sizes[family]} {family}" for family in sorted(set(sizes.index) - {""}))
    chance = [f"`{declaration.label}` is chance; " for declaration in panel.explainers if declaration.role == "chance"]
    return f"{table}\n\nMentions by family: {counted}. {''.join(chance)}intervals: 95%, documents resampled."


def _metrics_by_evidence(analysis: Analysis) -> str:
    table = display.metrics_by_evidence(analysis.panel, analysis.metrics_by_evidence).markdown()
    return f"{table}\n\nShare of pairs, mean over mentions; 0.5 is chance, equal scores count one half; intervals: 95%, documents resampled."


BRIEF = ("lfs", "comprehensiveness", "sufficiency", "insertion")  # metrics that fit into a page's width
_made = lru_cache(maxsize=1)(benchmark)  # three blocks of one run follow each other


def _benchmark(analysis: Analysis, chosen: Sequence[str] = ()) -> str:
    common = compared(analysis.panel).common
    note = (
        "±: half of the 95% interval, documents resampled. Arrows: which way is better. Passes and milliseconds: of an explanation on its own "
        "(a backward pass counts as one)."
    )
    return f"{table(_made(analysis), chosen).markdown()}\n\n{len(analysis.panel.mentions)} mentions, {common} scored by all. {note}"


def _agreement(analysis: Analysis) -> str:
    note = (
        "Below the diagonal: rank correlation of two metrics over explainers without a mask. Above: of the pairs of explainers that both metrics tell apart, "
        "how many they order alike."
    )
    return f"{agreement_table(_made(analysis)).markdown()}\n\n{note}"


BLOCKS: dict[str, Callable[[Analysis], str]] = {
    "answer": lambda analysis: verdict(analysis)[0],
    "verdict": lambda analysis: " ".join(verdict(analysis)),
    "verdict_table": _verdict_table,
    "verdict_brief": _verdict_brief,
    "headline": _headline,
    "metrics": _metrics,
    "contrasts": lambda analysis: _matrix(analysis, "controls"),
    "signed": lambda analysis: _matrix(analysis, "controls", SIGNED, "In probability. "),
    "others": lambda analysis: _matrix(analysis, "others"),
    "beside": beside_others,
    "types": lambda analysis: display.types(analysis).markdown(),
    "evidence": _evidence,
    "choices": lambda analysis: (
        f"{display.by_choice(analysis, 'controls').markdown()}\n\nPaired on the same mentions. {display.MARKS}"
    ),
    "strata": lambda analysis: display.strata(analysis).markdown(),
    "metrics_by_evidence": _metrics_by_evidence,
    "benchmark": _benchmark,
    "benchmark_brief": lambda analysis: _benchmark(analysis, BRIEF),
    "agreement": _agreement,
    "benchmark_findings": lambda analysis: "\n".join(
        f"{place}. {said}" for place, said in enumerate(findings(_made(analysis)), 1)
    ),
    "pruning": pruning,
}
RECOGNISER = "recogniser"  # a block from a file that is named apart
FILES: dict[str, Callable[[Path], str]] = {
    "instability": seeds_of_lime,
    "explainer_costs": costs_of_explainers,
    **recogniser_seeds.TABLES,
    **diagnostic_properties.TABLES,
}  # from files of a folder


def regenerated(
    readme: Path,
    results: Path,
    metrics: Path,
    only: Sequence[str] = (),
    further: Mapping[str, Callable[[Path], str]] = MappingProxyType({}),
) -> tuple[str, str]:
    """(the README's text as it is, as it should be); InputError for markers that do not pair or name no block.

    `only`: the blocks, or folders of `results`, to make anew; without any, all. Others stay as they are. `further`: blocks of a study, from
    files of a folder.
    """
    files = {**FILES, **further}
    if not readme.is_file():
        raise InputError(f"{readme}: no such file; give the README to rewrite")
    try:
        text = readme.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{readme}: not UTF-8 ({error.reason}); save it as UTF-8") from None
    blocks = find_blocks(text, str(readme), "results")
    if not blocks:
        raise InputError(f"{readme}: no <!-- results:begin NAME --> marker; put one where a table belongs")
    for name in only:
        if not any(_within(block.name, name) for block in blocks):
            raise InputError(f"{readme}: no block {name!r}; it has {', '.join(block.name for block in blocks)}")
    contents, analysed = {}, cache(_analysis)
    for block in blocks:
        if only and not any(_within(block.name, name) for name in only):
            continue
        folder, _, name = block.name.rpartition("/")
        if name == RECOGNISER:
            contents[block.name] = recogniser(metrics)
        elif name in files:
            contents[block.name] = files[name](results / folder)
        elif name in BLOCKS:
            contents[block.name] = BLOCKS[name](analysed(results / folder))
        else:
            known = ", ".join([*BLOCKS, RECOGNISER, *files])
            raise InputError(f"{readme}:{block.line}: unknown block {block.name!r}; expected one of {known}")
    return text, replaced(text, contents, str(readme), "results")


def _within(block: str, name: str) -> bool:
    return block == name or block.startswith(f"{name}/")


def _analysis(folder: Path) -> Analysis:
    run = read_declared(folder)
    return analyse(read_rows(folder, run), run)


def recogniser(path: Path) -> str:
    """`best_ner_model/metrics.json` as Markdown: word-level precision, recall and F1 (strict IOB2) on the test split, by type."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run finetune.py first, or name the file with --recogniser")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        test = {str(name): _scores(scores) for name, scores in content["test"].items()}
        corpus = str(content.get("corpus", "the corpus")).rstrip("/").rpartition("/")[2]  # a folder by its name
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(
            f'{path}: expected "test" with precision, recall and f1 by type ({error}); run finetune.py again'
        ) from None
    order = sorted(test, key=lambda name: (name == OVERALL, name))
    lines = [[escaped(name), *(number(share, 4) for share in test[name][0]), test[name][1]] for name in order]
    table = markdown(["type", "precision", "recall", "F1", "entities"], lines)
    return f"{table}\n\nWord-level entities, strict IOB2, test split of {escaped(corpus)}."


def _scores(scores: object) -> tuple[list[float], str]:
    """(precision, recall, F1), and the number of gold entities where the file has it."""
    if not isinstance(scores, dict):
        raise TypeError("a type's scores are not a table")
    shares = [float(scores[name]) for name in _SHARES]
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"a share outside [0, 1]: {shares}")
    return shares, str(int(scores["support"])) if "support" in scores else MISSING
