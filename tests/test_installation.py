"""The project as a wheel, in an environment of its own: its commands from an empty folder, with the constants of the scripts."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from liap import script_runs

ROOT = Path(__file__).parents[1]
SCRIPTS = ("finetune.py", "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py")
COMMANDS = ("liap-finetune", "liap-evaluate", "liap-lime", "liap-analyze")
UNPACKED = ("build", "results", "best_ner_model", "__pycache__", "*.egg-info")


def run(*command: object, folder: Path) -> str:
    """What the command prints; no variable leads it to the checkout."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built without a network, by the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(".*", *UNPACKED))
    run(sys.executable, "-m", "pip", "wheel", source, "--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir",
        "--quiet", "--wheel-dir", folder, folder=folder)  # fmt: skip
    return next(folder.glob("liap-*.whl"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory) -> Path:
    """The programs of a fresh environment that holds the wheel; libraries are those of the present one, the checkout is not."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=wheel.parent)
    libraries = Path(sysconfig.get_path("purelib"))
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")  # its own .pth files are not read
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", "--quiet", wheel,
        folder=wheel.parent)  # fmt: skip
    return folder / "bin"


def test_the_wheel_holds_the_scripts_as_they_are(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert {name.removeprefix("liap/scripts/") for name in names if name.startswith("liap/scripts/")} == set(
            SCRIPTS
        )
        for script in SCRIPTS:
            assert archive.read(f"liap/scripts/{script}") == (ROOT / script).read_bytes()
        studies = {name.removeprefix("liap/studies/") for name in names if name.startswith("liap/studies/")}
    assert studies == {path.name for path in (ROOT / "studies").glob("*.py")}


def test_the_wheel_holds_every_file_of_the_package(wheel):
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "liap"], capture_output=True, text=True)
    if listed.returncode or not listed.stdout:
        pytest.skip("the project is not a git checkout here, so its own files cannot be told from others")
    with zipfile.ZipFile(wheel) as archive:
        assert set(listed.stdout.splitlines()) - set(archive.namelist()) == set()


def test_each_command_is_a_script_of_the_checkout():
    for script in SCRIPTS:
        assert script_runs.path_of(script) == ROOT / script


def test_without_a_checkout_the_scripts_are_those_of_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(script_runs, "PACKAGE", tmp_path / "liap")
    (tmp_path / "finetune.py").touch()  # some other file of that name beside the package
    assert script_runs.path_of("finetune.py") == tmp_path / "liap" / "scripts" / "finetune.py"
    assert script_runs.path_of("studies/seeds.py") == tmp_path / "liap" / "studies" / "seeds.py"


@pytest.mark.slow
def test_the_commands_run_from_an_empty_folder(programs, tmp_path):
    where = run(programs / "python", "-c", "import liap; print(liap.__file__)", folder=tmp_path).strip()
    assert Path(where).is_relative_to(programs.parent)
    assert "--examples-per-type" in run(programs / "liap-evaluate", "--help", folder=tmp_path)
    run(programs / "liap-evaluate", "--model", "ewt", "--corpus", "ewt", "--parser", "gold", "--srl", "gold", "--sentences", 40,
        "--examples-per-type", 2, "--pictures", 1, "--draws", 20, folder=tmp_path)  # fmt: skip
    run(programs / "liap-analyze", "--resamples", 100, "--no-plots", folder=tmp_path)
    assert (tmp_path / "results" / "scores.csv").read_text().count("\n") > 10
    assert "<html" in (tmp_path / "results" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_other_commands_and_the_studies_answer(programs, tmp_path):
    run(programs / "liap-lime", "--model", "ewt", "--corpus", "ewt", "--sentences", 20, "--examples-per-type", 1, "--lime-samples", 20,
        "--instability-per-type", 0, "--examples", 1, folder=tmp_path)  # fmt: skip
    assert (tmp_path / "results" / "lime" / "example_1.html").is_file()
    assert "--corpus" in run(programs / "liap-finetune", "--help", folder=tmp_path)
    assert "--damage" in run(programs / "python", "-m", "liap.studies.gold_structure", "--help", folder=tmp_path)


def test_every_requirement_is_pinned_once_and_within_its_range():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins: dict[str, str] = {}
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-ray.txt", "requirements-browser.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                package, _, version = line.partition("==")
                assert version and canonicalize_name(package) not in pins, line
                pins[canonicalize_name(package)] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for wanted in map(Requirement, [*project["dependencies"], *extras["test"], *extras["ray"], *extras["browser"]]):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted
    own = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not any(f"\n{tool}==" in own for tool in ("pytest", "ruff", "ray", "atheris", "playwright", "hypothesis"))
