"""Build the environment of the peer packages: this Python and requirements-peers.txt -> .venv-peers.

    python tools/peers_env.py
    python tools/peers_env.py --python /usr/bin/python3.11 --folder /data/venv-peers

1. The exact versions are installed, `pip check` looks whether they fit each other, and each peer is imported.
2. Time taken and size are told. A folder whose requirements have not changed since is left alone.

It needs a Python 3.11, as the project does; what builds and checks is `srl_env.build`.
"""

import argparse
import sys
from pathlib import Path

import srl_env

FOLDER = srl_env.PROJECT / ".venv-peers"
REQUIREMENTS = srl_env.PROJECT / "requirements-peers.txt"
CHECK = """\
import captum, lime.lime_text, shap
from ferret import Benchmark
from transformers_interpret import TokenClassificationExplainer"""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="interpreter to build with (default: this one)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to build (default: .venv-peers)")
    parser.add_argument("--requirements", type=Path, default=REQUIREMENTS, help="what to install")
    given = parser.parse_args(arguments)
    try:
        srl_env.build(
            given.folder, given.requirements, find=lambda: given.python, check=CHECK, what="all peers import", pip=()
        )
    except srl_env.Problem as problem:
        print(f"peers_env.py: error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
