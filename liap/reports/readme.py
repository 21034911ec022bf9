"""`results/` -> the tables of a README, so that none is ever typed.

    python -m liap.reports.readme README.md results
    python -m liap.reports.readme README.md results --recogniser best_ner_model/metrics.json
    python -m liap.reports.readme README.md results --check

The text between `<!-- results:begin NAME -->` and `<!-- results:end NAME -->` is replaced; NAME is a block of `BLOCKS`,
`recogniser` or `instability`. `FOLDER/NAME` is the block of the run in that folder of `results/`. With `--check` nothing is written, and the exit status is 1 where the README does not say what `results/` says.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from liap import cli
from liap.errors import InputError
from liap.files import write_whole
from liap.reports import display
from liap.reports.analysis import Analysis, analyse
from liap.reports.instability import instability
from liap.reports.panel import CEILING
from liap.reports.recogniser import recogniser
from liap.reports.rows import read_rows
from liap.reports.verdict import beside_others, verdict

_MARKER = re.compile(r"<!--\s*results:(begin|end)\s+(\S+)\s*-->")


def _headline(analysis: Analysis) -> str:
    table = display.explainers(analysis.explainers, only=display.HEADLINE).markdown()
    noted = [method.label for method in analysis.panel.methods if method.ceiling]
    ceiling = f" `{'`, `'.join(noted)}` is the {CEILING}." if noted else ""
    mentions, documents = len(analysis.panel.mentions), int(analysis.panel.document.max()) + 1
    return (
        f"{table}\n\n{mentions} mentions in {documents} documents; *scored*: share of mentions with a score; *kept*: mean share of "
        f"the context that the mask keeps; intervals: 95%, documents resampled; *insensitive*: I + U < 0.01.{ceiling}"
    )


def _contrasts(analysis: Analysis) -> str:
    return (
        f"{display.matrix(analysis.contrasts, 'controls').markdown()}\n\nPaired on the same mentions. {display.MARKS}"
    )


def _signed(analysis: Analysis) -> str:
    table = display.matrix(analysis.contrasts, "controls", "signed_difference").markdown()
    return f"{table}\n\nIn probability, paired on the same mentions. {display.MARKS}"


def _others(analysis: Analysis) -> str:
    return f"{display.matrix(analysis.contrasts, 'others').markdown()}\n\nPaired on the same mentions. {display.MARKS}"


def _verdict(analysis: Analysis) -> str:
    question, *rest = verdict(analysis.contrasts)
    asked, mark, answer = question.partition("?")
    return "\n\n".join([f"**{asked}{mark}**{answer}", *rest])


def _beside(analysis: Analysis) -> str:
    return "\n\n".join(beside_others(analysis.contrasts))


def _types(analysis: Analysis) -> str:
    return display.types(analysis.strata).markdown()


def _evidence(analysis: Analysis) -> str:
    found = analysis.evidence
    table = display.evidence(found[found["explainer"].isin(display.HEADLINE)] if len(found) else found).markdown()
    sizes = analysis.panel.mentions["family"].value_counts()
    counted = ", ".join(f"{sizes[family]} {family}" for family in sorted(set(sizes.index) - {""}))
    return f"{table}\n\nMentions by family: {counted}. `random` is chance; intervals: 95%, documents resampled."


BLOCKS: dict[str, Callable[[Analysis], str]] = {
    "verdict": _verdict,
    "headline": _headline,
    "contrasts": _contrasts,
    "signed": _signed,
    "others": _others,
    "beside": _beside,
    "types": _types,
    "evidence": _evidence,
}
RECOGNISER, INSTABILITY = "recogniser", "instability"
FILES = (RECOGNISER, INSTABILITY)  # blocks that are read from files of their own


def regenerated(readme: Path, results: Path, metrics: Path) -> tuple[str, str]:
    """(the README's text as it is, as it should be); InputError for markers that do not pair or name no block."""
    if not readme.is_file():
        raise InputError(f"{readme}: no such file; give the README to rewrite")
    try:
        text = readme.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{readme}: not UTF-8 ({error.reason}); save it as UTF-8") from None
    blocks = _blocks(readme, text)
    folders = {name.rpartition("/")[0] for name, _, _ in blocks if name.rpartition("/")[2] in BLOCKS}
    analyses = {folder: analyse(read_rows(results / folder)) for folder in sorted(folders)}
    parts, position = [], 0
    for name, begin, end in blocks:
        folder, _, block = name.rpartition("/")
        if block in BLOCKS:
            content = BLOCKS[block](analyses[folder])
        else:
            content = recogniser(metrics) if block == RECOGNISER else instability(results / folder)
        parts += [text[position:begin], f"\n{content}\n"]
        position = end
    return text, "".join([*parts, text[position:]])


def _blocks(readme: Path, text: str) -> list[tuple[str, int, int]]:
    """(name, where its content begins, where it ends) in order."""
    markers = list(_MARKER.finditer(text))
    if not markers:
        raise InputError(f"{readme}: no <!-- results:begin NAME --> marker; put one where a table belongs")
    found = []
    for index, marker in enumerate(markers):
        what, name = marker.groups()
        where = f"{readme}:{text.count(chr(10), 0, marker.start()) + 1}"
        if name.rpartition("/")[2] not in (*BLOCKS, *FILES):
            raise InputError(f"{where}: unknown block {name!r}; expected one of {', '.join([*BLOCKS, *FILES])}")
        partner = markers[index ^ 1] if index ^ 1 < len(markers) else None
        if what != ("begin", "end")[index % 2] or partner is None or partner.group(2) != name:
            raise InputError(f"{where}: results:{what} {name} has no partner; each begin needs its end right after it")
        if what == "begin":
            found.append((name, marker.end(), markers[index + 1].start()))
    return found


def main(arguments: list[str] | None = None) -> None:
    """Rewrite the README, or with `--check` say whether that would change it."""
    parser = argparse.ArgumentParser(
        prog="python -m liap.reports.readme", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readme", type=Path, help="the README to rewrite")
    parser.add_argument("results", type=Path, help="folder with scores.csv")
    parser.add_argument(
        "--recogniser", type=Path, default=Path("best_ner_model/metrics.json"), help="the recogniser's scores"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 where the README is out of date"
    )
    given = parser.parse_args(arguments)
    before, after = regenerated(given.readme, given.results, given.recogniser)
    if before == after:
        print(f"{given.readme}: up to date")
    elif given.check:
        print(
            f"{given.readme}: out of date; run python -m liap.reports.readme {given.readme} {given.results}",
            file=sys.stderr,
        )
        sys.exit(1)
    else:
        write_whole(given.readme, after)
        print(f"{given.readme}: rewritten from {given.results}")


if __name__ == "__main__":
    cli.run(main)
