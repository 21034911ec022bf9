"""Write every table of Markdown documents as LaTeX (booktabs), for a paper.

    python tools/paper_tables.py docs/benchmark.md docs/neurons.md --output results/paper
    python tools/paper_tables.py results/benchmark/benchmark.md --output results/paper

Tables of studies are kept as Markdown, in the documents and beside a study's results. Each becomes a file, `DOCUMENT_1.tex` and so on, with its
heading and its note as the caption. `analyze_results.py --latex` writes those of an evaluation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from liap import cli
from liap.errors import InputError
from liap.files import check_folder, write_whole
from liap.reports.latex import of_markdown


def main(arguments: list[str] | None = None) -> None:
    """Write the tables of each document."""
    parser = argparse.ArgumentParser(
        prog="paper_tables.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", type=Path, nargs="+", help="Markdown documents")
    parser.add_argument("--output", type=Path, default=Path("results/paper"), help="folder for the tables")
    flags = parser.parse_args(arguments)
    check_folder("--output", str(flags.output))
    files: dict[str, str] = {}
    for document in flags.documents:
        try:
            files |= of_markdown(document.read_text(encoding="utf-8"), document.stem)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{document}: {error}; expected a Markdown document") from None
    flags.output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_whole(flags.output / name, text)
    print(f"{len(files)} tables in {flags.output}")


if __name__ == "__main__":
    cli.run(main)
