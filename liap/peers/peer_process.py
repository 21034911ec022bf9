"""The peers' environment, which `make peers-env` builds, and the process that answers for them in it.

In: a folder; by default LIAP_PEERS_VENV, then `.venv-peers` in the current folder, then beside the project's own files. Out: a
`PeerSide`, which is asked with messages and answers with records. `benchmarks/peer_side/__main__.py` describes both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from liap.errors import InputError
from liap.linguistics.srl.worker_process import WorkerFault, WorkerProcess

VARIABLE = "LIAP_PEERS_VENV"
NAME = ".venv-peers"
PROJECT = Path(__file__).parents[2]
PROGRAM = PROJECT / "benchmarks" / "peer_side"
PROTOCOL = 1
LOADS_WITHIN = 600.0  # seconds for the model and the packages
ANSWERS_WITHIN = 3600.0  # seconds for one explanation
QUIET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONWARNINGS": "ignore", "MPLBACKEND": "agg"}


class PeerFailure(Exception):
    """A package failed on one case; the message is its own."""


def find_python(folder: str = "") -> Path:
    """The environment's interpreter; InputError if there is none."""
    chosen = folder or os.environ.get(VARIABLE, "")
    places = [Path(chosen).expanduser()] if chosen else [Path(NAME), PROJECT / NAME]
    for place in places:
        if (place / "bin" / "python").exists():
            return place.absolute() / "bin" / "python"
    raise InputError(f"{places[0]}: no Python environment with the peer packages there; `make peers-env` builds it")


class PeerSide:
    """The process with the peers, its model loaded. Use it in a `with` statement."""

    def __init__(
        self,
        python: Path,
        model: str,
        *,
        threads: int,
        program: Sequence[str] = (str(PROGRAM),),
        loads_within=LOADS_WITHIN,
    ) -> None:
        environment = {**os.environ, **QUIET, "OMP_NUM_THREADS": str(threads)}
        environment.pop("PYTHONPATH", None)  # the environment is its own
        self._process = WorkerProcess([str(python), *program, str(os.getpid())], environment)
        try:
            self.about = self._exchange({"protocol": PROTOCOL, "model": model, "threads": threads}, loads_within)
        except BaseException as error:
            self._process.close()
            if isinstance(error, PeerFailure):
                raise InputError(
                    f"the peers' process did not start ({error}); `make peers-env` builds it anew"
                ) from error
            raise
        if self.about.get("protocol") != PROTOCOL:
            self._process.close()
            raise InputError(f"the peers' process speaks protocol {self.about.get('protocol')!r}; expected {PROTOCOL}")

    def __enter__(self) -> PeerSide:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()

    @property
    def versions(self) -> dict[str, str]:
        return self.about["versions"]

    @property
    def routes(self) -> list[tuple[str, str]]:
        """(peer, explainer) of everything that it can be asked for."""
        return [(peer, explainer) for peer, explainer in self.about["routes"]]

    def explain(self, peer: str, explainer: str, case: Mapping[str, Any], settings: Mapping[str, int], *, watch=False):
        """One explanation; PeerFailure where the package fails."""
        asked = {"do": "explain", "peer": peer, "explainer": explainer, "case": case, "settings": settings}
        return self._exchange({**asked, "watch": watch}, ANSWERS_WITHIN)

    def benchmark(self, case: Mapping[str, Any], settings: Mapping[str, int], *, watch=False) -> dict[str, Any]:
        """ferret's explainers and metrics on one case; PeerFailure where it fails."""
        return self._exchange({"do": "benchmark", "case": case, "settings": settings, "watch": watch}, ANSWERS_WITHIN)

    def _exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        try:
            answer = self._process.exchange(message, seconds)
        except WorkerFault as fault:
            raise InputError(f"the peers' process {fault}; its last words: {self._process.log_end()}") from fault
        if "error" in answer:
            raise PeerFailure(answer["error"])
        return answer
