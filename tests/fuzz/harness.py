"""Coverage-guided fuzzing of one reader of files: any bytes must give a result, or an InputError of one line.

    python tests/fuzz/fuzz_columns.py CORPUS -max_total_time=60        # CORPUS: a folder of inputs to start from

For any other exception the traceback is printed, the input is saved (`-artifact_prefix`), and the exit status is not 0.
The flags are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

Reader = Callable[[bytes], object]


def fuzz(modules: list[str], make_reader: Callable[[Path], Reader]) -> None:
    """Fuzz until a limit ends the process. `make_reader` gets a folder for files, and imports the modules to instrument."""
    memory = Path("/dev/shm")  # a disk would slow down every input
    with tempfile.TemporaryDirectory(prefix="liap-fuzz-", dir=memory if memory.is_dir() else None) as folder:
        with atheris.instrument_imports(include=modules):
            read = make_reader(Path(folder))
        from liap.errors import InputError

        def one_input(data: bytes) -> None:
            try:
                read(data)
            except InputError as error:
                if len(str(error).splitlines()) != 1:
                    raise AssertionError(f"an InputError of more than one line: {error!r}") from error

        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
