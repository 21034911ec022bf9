"""Every script that draws has the flags of analyze_results.py for the files of its plots."""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

from liap import flags
from liap.constants import read_constants
from liap.errors import InputError
from liap.settings import FigureSettings

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted([*(ROOT / "studies").glob("*.py"), ROOT / "lime_baseline.py", ROOT / "run_liap_evaluation.py"])
OF_FIGURES = ("FORMATS", "FONT_SIZE", "COLUMN_WIDTH")
GIVEN = ["--formats", "pdf", "svg", "--font-size", "8", "--column-width", "3.3"]


@cache
def imports(path: Path) -> dict[str, str]:
    """Each name that a file imports from the project, anywhere in it -> the module that it comes from, or that it is."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("liap"):
            for name in node.names:
                inner = ROOT / f"{node.module.replace('.', '/')}/{name.name}.py"
                found[name.name] = f"{node.module}.{name.name}" if inner.is_file() else node.module
    return found


def saves(path: Path, seen: frozenset[Path] = frozenset()) -> bool:
    """Whether a file, or one that it imports, saves a figure; `liap.reports` draws what others save."""
    names = imports(path)
    if names.get("save") == "liap.reports.style" or names.get("style") == "liap.reports.style":
        return True
    below = {ROOT / f"{module.replace('.', '/')}.py" for module in names.values() if "reports" not in module}
    return any(saves(one, seen | {path}) for one in below - seen if one.is_file())


DRAWING = [path for path in SCRIPTS if saves(path)]


def kind_of(path: Path) -> type:
    """The settings of a script."""
    (name,) = [
        node.args[1].id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "cli.settings" and ast.unparse(node.args[0]) == "__file__"
    ]  # fmt: skip
    if name in imports(path):
        return getattr(importlib.import_module(imports(path)[name]), name)
    return getattr(importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)), name)


def test_the_scripts_that_draw_are_found():
    assert {"seeds", "benchmark", "neurons", "diagnostics", "vat", "run_liap_evaluation"} <= {
        path.stem for path in DRAWING
    }
    assert not {"units", "pretrain", "precision"} & {path.stem for path in DRAWING}


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.stem)
def test_a_script_that_draws_has_the_flags_of_figures(path: Path):
    constants, ours = read_constants(ROOT / "analyze_results.py"), read_constants(path)
    for name in OF_FIGURES:
        assert name in ours, f"{path.name} saves figures; expected the constant {name}"
        assert (ours[name].value, ours[name].comment) == (constants[name].value, constants[name].comment)
    kind = kind_of(path)
    assert issubclass(kind, FigureSettings)
    settings = flags.settings(path, kind, GIVEN)
    assert (settings.formats, settings.font_size, settings.column_width) == (("pdf", "svg"), 8.0, 3.3)
    assert settings.figure_flags == [*GIVEN[:4], "8.0", *GIVEN[5:]]
    before = flags.settings(path, kind, [])
    assert settings.deciding_rows() == before.deciding_rows()
    with pytest.raises(InputError, match="--formats must be among png, pdf, svg, got 'gif'"):
        flags.settings(path, kind, ["--formats", "gif"])
