"""The README's commands, as a new user gives them: in a copy of the project, on real data, in their order."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INDENT = "    "
# Appended to a command so that it takes seconds where the README's own numbers took minutes; the last of equal flags counts.
SMALLER = {
    "finetune.py": "--train-sentences 1500 --dev-sentences 300 --test-sentences 300 --epochs 2 --warmup-steps 20",
    "run_liap_evaluation.py": "--sentences 120 --examples-per-type 3 --lime-samples 60 --pictures 2",
    "studies/fit_on_dev.py": "--sentences 120",
    "studies/benchmark.py": "--explainers attention occlusion random --metrics lfs comprehensiveness sufficiency cumulative --examples-per-type 2 "
    "--cost-per-type 1 --evaluate '--corpus data/conll2003 --sentences 120 --parser none --pictures 0'",
    "studies/neurons_train.py": "--seeds 0 1 --train-sentences 800 --dev-sentences 100 --test-sentences 100 --epochs 1",
    "studies/neurons.py": "--rankers sensitivity probeless --ranking-sentences 200 --test-sentences 100 --permutations 100",
    "planted": "PLANTED_EXAMPLES=4 PLANTED_TRAINING='--train-sentences 4000 --epochs 4'",
    "lime_baseline.py": "--sentences 120 --examples-per-type 1 --examples 1 --lime-samples 60 --instability-per-type 1 "
    "--instability-samples 30 60",
}
MADE = (
    "best_ner_model/MODEL_CARD.md", "results/scores.csv", "results/explanations.jsonl", "results/run.json", "results/lfs_by_explainer.png",
    "results/visualizations/example_1.png", "results/with_lime/scores.csv", "results/lime/example_1.html",
    "results/lime/instability.csv", "results/demo/ewt/report.html", "results/demo/ewt/lfs_by_explainer.png",
    "results/demo/ewt/visualizations/example_1.png", "results/demo/ewt/lime/example_6.html", "results/demo/planted/report.html",
    "results/demo/planted/evidence_by_family.png", "results/demo/planted/lime/example_4.html", "results/planted/metrics_by_evidence.csv",
    "results/neurons/findings.csv", "results/neurons/B-ORG_chart.png", "results/benchmark/benchmark.md", "results/benchmark/explainer_cost.csv",
)  # fmt: skip


def commands() -> list[str]:
    """Every indented line of the README that starts a program."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    found = [line.removeprefix(INDENT) for line in lines if re.match(INDENT + r"(python|make) ", line)]
    return list(dict.fromkeys(found))


@pytest.fixture
def copy(tmp_path, shared) -> Path:
    """The project's own files, with real data where the README's commands expect it."""
    own = shutil.ignore_patterns(".*", "results", "best_ner_model", "__pycache__", "*.egg-info")
    folder = Path(shutil.copytree(ROOT, tmp_path / "liap", ignore=own))
    for name in ("models", "data"):
        (folder / name).symlink_to(shared / name)
    return folder


def run(command: str, folder: Path) -> None:
    """As from a shell, in this Python's environment."""
    script = command.split()[1]
    if command.startswith("make"):
        (folder / ".stamp").touch()  # newer than what asks for an installation, which this Python has had
        command += f" RUN={sys.executable} STAMP=.stamp"
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": paths, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        f"{command} {SMALLER.get(script, '')}", shell=True, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_readme_names_the_four_scripts_and_the_two_commands():
    found = commands()
    assert {"make demo", "make test"} <= set(found)
    for script in ("finetune.py", "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py"):
        assert any(line.startswith(f"python {script}") for line in found), script


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_readme_can_be_followed(copy):
    before = (copy / "README.md").read_text(encoding="utf-8")
    for command in commands():
        if command != "make test":  # which is what runs this
            run(command, copy)
    assert [name for name in MADE if not (copy / name).is_file()] == []
    after = (copy / "README.md").read_text(encoding="utf-8")
    assert after != before  # its tables are those of this small run
    assert after.count("<!-- results:begin") == before.count("<!-- results:begin")
