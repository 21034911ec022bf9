"""How PyTorch's threads wait for each other: briefly, so that a run leaves room for what else the machine does.

PyTorch on CPUs spreads each operation over threads by OpenMP. In GNU's library a thread that is done first turns in a loop for some
3 ms before it sleeps. Beside another busy process the thread it waits for may not be running, and the loop takes the core from
just that one. `benchmarks/busy_machine.py` measures what this costs.

The library reads its environment once, when it is loaded, so this must be set before PyTorch is imported. No row depends on it. Other
OpenMP libraries do not know the variable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

SPINS = "1000"  # turns of the loop, about 10 microseconds; GNU's own number is 300,000
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")  # any of them is the user's own choice
VARIABLES = ("OMP_NUM_THREADS", *WAITING)


def wait_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the environment of this process and its children, unless the user has chosen, or PyTorch is loaded already."""
    if "torch" not in sys.modules and not any(name in environment for name in WAITING):
        environment["GOMP_SPINCOUNT"] = SPINS


def said(environment: MutableMapping[str, str] = os.environ) -> dict[str, str]:
    """What the environment says of threads, for a run's record."""
    return {name: environment[name] for name in VARIABLES if name in environment}
