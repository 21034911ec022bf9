"""Which files of a results folder are the project's own: a list that every writer adds to, so that nothing else is ever removed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from liap.files import write_whole

NAME = ".liap-files.json"


def record(folder: Path, names: Iterable[str]) -> None:
    """Add files to the list, by their paths within the folder."""
    names = set(names)
    known = recorded(folder)
    if names - known:
        write_whole(folder / NAME, json.dumps(sorted(known | names), indent=0) + "\n")


def recorded(folder: Path) -> set[str]:
    """The files in the list; none where there is no list, or where it cannot be read."""
    try:
        names = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {name for name in names if _inside(name)}
    except (OSError, ValueError, TypeError):
        return set()


def replace(folder: Path, names: Iterable[str], pattern: str) -> None:
    """List files that are about to be written, and remove those of the list that match the pattern and are not among them."""
    names = set(names)
    remove(folder, {name for name in recorded(folder) if fnmatch(name, pattern)} - names)
    record(folder, names)


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove these files, and the folders that they leave empty."""
    for name in sorted(names):
        path = folder / name
        if path.is_file() or path.is_symlink():
            path.unlink(missing_ok=True)
        for above in path.parents:
            if above == folder or folder not in above.parents:
                break
            with contextlib.suppress(OSError):
                above.rmdir()
    kept = recorded(folder) - set(names)
    if kept:
        write_whole(folder / NAME, json.dumps(sorted(kept), indent=0) + "\n")
    else:
        (folder / NAME).unlink(missing_ok=True)


def _inside(name: object) -> bool:
    """Whether the name is a path that stays within the folder."""
    return isinstance(name, str) and name != "" and not Path(name).is_absolute() and ".." not in Path(name).parts
