"""Where numbers come from: versions, git commit, hardware, and digests of what was read."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

from liap import openmp
from liap.files import digest_of_files

PACKAGES = (
    "liap", "torch", "transformers", "tokenizers", "datasets", "spacy", "numpy", "scipy", "pandas", "lime", "scikit-learn",
    "accelerate", "safetensors", "seqeval",
)  # fmt: skip


@functools.cache
def provenance() -> dict[str, object]:
    """What `run.json` says of the software and the machine."""
    return {
        "versions": versions(),
        "git": _git(),
        "hardware": _hardware(),
        "command": " ".join(sys.argv),
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _git() -> dict[str, object]:
    root = Path(__file__).parents[1]
    if not (root / "pyproject.toml").is_file():  # installed: a repository above it is somebody else's
        return {"commit": "unknown", "changed": False}

    def ask(*arguments: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
        return answer.stdout.strip() if answer.returncode == 0 else ""

    try:
        commit = ask("rev-parse", "HEAD")
        return {"commit": commit or "unknown", "changed": bool(ask("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.TimeoutExpired):
        return {"commit": "unknown", "changed": False}


def _hardware() -> dict[str, object]:
    found: dict[str, object] = {"machine": platform.machine(), "system": platform.platform(), "cores": os.cpu_count()}
    information = Path("/proc/cpuinfo")
    if information.exists():
        models = [
            line.split(":", 1)[1].strip() for line in information.read_text().splitlines() if "model name" in line
        ]
        found["processor"] = models[0] if models else "unknown"
    found["openmp"] = openmp.said()
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        found["threads"] = torch.get_num_threads()
        if torch.cuda.is_available():
            found["accelerator"] = torch.cuda.get_device_name()
    return found


def peak_memory() -> int:
    """The largest resident set of this process so far, in bytes."""
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def digest_of_weights(folder: Path) -> str:
    """A digest of a model folder's weights and configuration, so that a changed model is never taken for the old one."""
    kinds = (".safetensors", ".bin", ".json", ".txt", ".model")
    return digest_of_files(
        path for path in sorted(folder.iterdir()) if path.suffix in kinds and path.name != "metrics.json"
    )


@functools.cache
def digest_of_code() -> str:
    """A digest of the project's own modules."""
    root = Path(__file__).parent
    return digest_of_files(sorted(root.rglob("*.py")), below=root)


def identity_of_software(precision: str, pieces_per_batch: int) -> dict[str, object]:
    """Versions and code, and, in reduced precision, the batch budget and the number of threads, on which rows then depend."""
    import torch

    known = {f"version of {name}": version for name, version in versions().items() if name != "liap"}
    reduced = {"pieces_per_batch": pieces_per_batch, "threads": torch.get_num_threads()} if precision != "fp32" else {}
    return {**known, "code_digest": digest_of_code(), **reduced}
