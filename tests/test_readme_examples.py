"""The README's Python, run as written, and its tree held against the files."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
UNLISTED = {"__init__.py", "__pycache__", "py.typed"}


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_notebook_example_runs_as_written(tiny_folder, monkeypatch, tmp_path, capsys):
    (tmp_path / "best_ner_model").symlink_to(tiny_folder)
    monkeypatch.chdir(tmp_path)
    (example,) = [block for block in python_blocks() if "load_tagger" in block]
    exec(compile(example, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "comprehensiveness" in shown
    assert "occlusion (LFS" in shown


def test_the_users_own_file_runs_as_written(script, place, tmp_path):
    """Its rows stand in the table, its contrasts and its metric in the analysis."""
    (own,) = [block for block in python_blocks() if "# mine.py" in block]
    (tmp_path / "mine.py").write_text(own)
    mine = tmp_path / "mine.py"
    flags = place.command("run_liap_evaluation.py")
    explainers = (f"{mine}:nearness", f"{mine}:gradient_norm", "liap", "random", "matched_window")
    status, _, err = script(
        "run_liap_evaluation.py", *flags, "--explainers", *explainers, "--metrics", "lfs", f"{mine}:first_word"
    )
    assert status == 0, err
    status, out, err = script("analyze_results.py", "--results", place.results, "--resamples", 150)
    assert status == 0, err
    assert "gradient norm" in out
    for name in ("lfs_by_explainer.csv", "lfs_contrasts.csv", "metrics_by_explainer.csv"):
        table = (place.results / name).read_text(encoding="utf-8")
        assert "nearness" in table, name
        assert "gradient_norm" in table, name
    assert "first_word" in (place.results / "metrics_contrasts.csv").read_text(encoding="utf-8")
    assert (place.results / "first_word_by_explainer.png").is_file()


def tree() -> dict[str, set[str]]:
    """Folder -> the files and folders that the README's tree names in it."""
    block = README.split("## The tree")[1].split("\n## ")[0]
    named: dict[str, set[str]] = {"": set()}
    path: list[str] = []
    for line in block.splitlines():
        match = re.match(r"    ( *)(\S.*?)(?:  +.*)?$", line)
        if not match:
            continue
        depth = len(match[1]) // 2
        path = path[:depth]
        above = "".join(path)
        for name in re.split(r",\s*", match[2]):
            named.setdefault(above, set()).add(name)
            if name.endswith("/"):
                path = [*path[:depth], name]
    return named


def tracked() -> list[str]:
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True)
    if done.returncode or not done.stdout:
        pytest.skip("the project is not a git checkout here, so its own files cannot be told from others")
    return done.stdout.splitlines()


def test_the_tree_names_every_module_and_nothing_else():
    """Each file and folder of the project's top, and each module of liap, studies, benchmarks and tools."""
    named = tree()
    files = [Path(name) for name in tracked()]
    tops = {f"{path.parts[0]}/" if len(path.parts) > 1 else path.parts[0] for path in files}
    hidden = {name for name in tops if name.startswith(".")}
    meta = {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "Makefile",
        "pyproject.toml",
        "setup.py",
    }
    meta |= {name for name in tops if name.startswith("requirements")}
    assert named[""] == tops - hidden - meta
    for folder in ("liap/", "studies/", "benchmarks/", "tools/"):
        inside = {path.relative_to(folder) for path in files if str(path).startswith(folder)}
        children = {f"{path.parts[0]}/" if len(path.parts) > 1 else path.parts[0] for path in inside} - UNLISTED
        assert named.get(folder, set()) == children, folder
    rooms = {path.parts[1] for path in files if path.parts[0] == "liap" and len(path.parts) > 2}
    for room in rooms:
        assert f"{room}/" in named["liap/"]
