"""Rewrite the tables of a README from results, or check that it says what they say.

    python tools/readme.py README.md results
    python tools/readme.py README.md results --recogniser best_ner_model/metrics.json
    python tools/readme.py README.md results --check
    python tools/readme.py docs/benchmark.md results --only seeds benchmark/agreement

With `--check` nothing is written, and the exit status is 1 where the README is out of date. `liap.reports.readme` says which
blocks there are; those of studies/vat.py and studies/rationales.py are in `liap.rationales.rationale_blocks`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from liap import cli
from liap.files import write_whole
from liap.rationales.rationale_blocks import TABLES
from liap.reports.readme import regenerated


def main(arguments: list[str] | None = None) -> None:
    """Rewrite the README, or with `--check` say whether that would change it."""
    parser = argparse.ArgumentParser(
        prog="readme.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readme", type=Path, help="the README to rewrite")
    parser.add_argument("results", type=Path, help="folder with scores.csv")
    parser.add_argument(
        "--recogniser", type=Path, default=Path("best_ner_model/metrics.json"), help="the recogniser's scores"
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="NAME", help="blocks, or folders of results, to rewrite; others stay"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 where the README is out of date"
    )
    flags = parser.parse_args(arguments)
    before, after = regenerated(flags.readme, flags.results, flags.recogniser, flags.only, TABLES)
    if before == after:
        print(f"{flags.readme}: up to date")
    elif flags.check:
        print(
            f"{flags.readme}: out of date; run python tools/readme.py {flags.readme} {flags.results}",
            file=sys.stderr,
        )
        sys.exit(1)
    else:
        write_whole(flags.readme, after)
        print(f"{flags.readme}: rewritten from {flags.results}")


if __name__ == "__main__":
    cli.run(main)
