"""The house: rooms in an order in which data flows, and imports that point only up it.

A *room* is a module or a folder directly under `liap/`. A room may import the rooms on the lines above its own, and no other:

    errors openmp
    terminal
    records batches columns files hub plugins processes script_runs tables tensor_files
    manifest folder_lock provenance
    corpora
    pruning
    settings
    linguistics
    taggers
    training perturbation
    explainers
    faithfulness
    evaluation
    runs executors
    reports
    diagnostics distillation guidance neurons peers people published rationales structure transfer
    worker
    run_identity preflight
    pipeline
    visualization api
    constants
    flags
    cli console

The line `diagnostics distillation guidance neurons peers people published rationales structure transfer` holds the studies' rooms, which never import each other. Only scripts import `cli`.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES = [line.split() for line in __doc__.splitlines() if line.startswith("    ")]
LEVEL = {room: number for number, rooms in enumerate(LINES) for room in rooms}
MODULES = sorted((ROOT / "liap").rglob("*.py"))


def room_of(module: str) -> str:
    """`liap.reports.rows` -> `reports`."""
    return module.split(".")[1]


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def only_for_types(tree: ast.AST) -> set[ast.AST]:
    """Everything under `if TYPE_CHECKING:`, which never runs."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(module of liap, line) for every import in the file, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = only_for_types(tree)
    for node in (node for node in ast.walk(tree) if node not in skipped):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("liap."):
                yield name, node.lineno


def test_every_room_has_its_place():
    rooms = {path.stem for path in (ROOT / "liap").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__"} == set(LEVEL)
    assert len(LEVEL) == sum(map(len, LINES))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_only_up(path):
    if name_of(path) == "liap":  # names of the public API, loaded when they are used
        return
    own = room_of(name_of(path))
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {own} imports {module}"
        for module, line in imports(path)
        if room_of(module) != own and LEVEL[room_of(module)] >= LEVEL[own]
    ]
    assert wrong == []


def test_every_import_is_seen(tmp_path):
    """The walk finds imports in functions and of several names, and leaves out those for types."""
    path = tmp_path / "some.py"
    path.write_text(
        "import liap.files\nfrom liap import corpora, hub\nif TYPE_CHECKING:\n    from liap.cli import run\n"
        "def f():\n    from liap.runs import Run\n    import numpy\n"
    )
    assert {module for module, _ in imports(path)} == {"liap.files", "liap.corpora", "liap.hub", "liap.runs.Run"}


def test_only_scripts_import_the_command_line():
    inside = [name_of(path) for path in MODULES for module, _ in imports(path) if room_of(module) == "cli"]
    assert inside == []
    scripts = [path for path in ROOT.glob("*.py") if any(room_of(module) == "cli" for module, _ in imports(path))]
    assert len(scripts) == 4


def test_no_two_files_have_the_same_name():
    names = Counter(path.stem for path in MODULES if path.stem != "__init__")
    names.update(path.name for path in (ROOT / "liap").rglob("*") if (path / "__init__.py").exists())
    assert [name for name, count in names.items() if count > 1] == []
