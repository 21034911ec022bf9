"""Rewrite the tables of docs/neurons.md, or of the README, from results.

    python tools/neurons_page.py docs/neurons.md --neurons results/neurons --recurrent results/recurrent --encoder results/encoder_neurons
    python tools/neurons_page.py README.md --neurons results/neurons

Each folder is that of one script; the tables of a folder that is not given stay as they are. Several `--neurons` are several taggers, of which
the first has most tables; several `--recurrent` share one table. `liap.neurons.neuron_page` makes the tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from liap import cli
from liap.neurons.neuron_page import rewrite


def main(arguments: list[str] | None = None) -> None:
    """Rewrite the document."""
    parser = argparse.ArgumentParser(
        prog="neurons_page.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("document", type=Path, help="the document to rewrite")
    for flag, script in (
        ("neurons", "neurons.py"),
        ("recurrent", "neurons_train.py"),
        ("encoder", "encoder_neurons.py"),
    ):
        text = f"folders that studies/{script} wrote; none: its tables stay"
        parser.add_argument(f"--{flag}", nargs="*", default=[], help=text)
    flags = parser.parse_args(arguments)
    written = rewrite(flags.document, flags.neurons, flags.recurrent, flags.encoder)
    print(f"{flags.document}: rewritten: {', '.join(written) or 'nothing'}")


if __name__ == "__main__":
    cli.run(main)
