"""Build AllenNLP's environment: a Python 3.8 to 3.10 of this machine, and requirements-srl.txt -> .venv-srl.

    python tools/srl_env.py
    python tools/srl_env.py --python /usr/bin/python3.9 --folder /data/venv-srl

1. A Python is looked for: the one given, `python3.10`, `python3.9` and `python3.8` on the path, pyenv's, and uv's (which
   fetches one if it must). Each candidate is run before it is believed.
2. The exact versions are installed with nothing else, `pip check` looks whether they fit each other, and the role
   labeller's predictor is imported.
3. Time taken and size are told. A folder whose requirements have not changed since is left alone.

It needs nothing but a Python, of 3.8 or later, to run on.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / ".venv-srl"
REQUIREMENTS = PROJECT / "requirements-srl.txt"
STAMP = ".built-from"  # in the environment: the hash of the requirements, written last
VERSIONS = ((3, 10), (3, 9), (3, 8))
PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
CHECK = "from allennlp_models.structured_prediction.predictors import SemanticRoleLabelerPredictor"
CHOICES = """no Python 3.8, 3.9 or 3.10 with venv found, which AllenNLP 2.10.1 needs. Install one, any of
    uv:      pip install uv && uv python install 3.10
    pyenv:   pyenv install 3.10
    system:  apt install python3.10-venv (or your distribution's)
and run `make srl-env` again, or name one: python tools/srl_env.py --python PATH
Nothing is lost without it: --srl archive gives the same tags."""


class Problem(Exception):
    """What the user can mend."""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="", help="interpreter to build with (default: the first that is found)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to build (default: .venv-srl)")
    parser.add_argument("--requirements", type=Path, default=REQUIREMENTS, help="what to install")
    given = parser.parse_args(arguments)
    try:
        build(given.folder, given.requirements, given.python)
    except Problem as problem:
        print(f"srl_env.py: error: {problem}", file=sys.stderr)
        return 2
    return 0


def build(
    folder, requirements, python="", *, find=None, check=CHECK, what="AllenNLP's predictor imports", pip=("--no-deps",)
):
    """Make the environment, unless it is there: an interpreter from `find`, pip with these options, and a program that checks."""
    stamp = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if (folder / STAMP).is_file() and (folder / STAMP).read_text() == stamp:
        print(f"{folder} is built from {requirements.name} as it stands; nothing to do")
        return
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise Problem(f"{folder} holds something else than a Python environment; give another --folder")
    began = time.monotonic()
    chosen = find() if find else find_python(python)
    print(f"building {folder} with {chosen}")
    run([chosen, "-m", "venv", "--clear", str(folder)])
    inside = str(folder / "bin" / "python")
    run([inside, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *pip, "-r", str(requirements)])
    run([inside, "-m", "pip", "check"])
    run([inside, "-I", "-W", "ignore", "-c", check])
    (folder / STAMP).write_text(stamp)
    minutes, gigabytes = (time.monotonic() - began) / 60, size(folder) / 1e9
    print(f"{folder}: {what}; {minutes:.1f} minutes, {gigabytes:.1f} GB")


def find_python(given=""):
    """The interpreter's path; Problem where there is none, or the given one will not do."""
    if given:
        if not suits(given):
            raise Problem(f"--python {given} is no Python 3.8 to 3.10 with venv")
        return given
    for candidate in candidates():
        if suits(candidate):
            return candidate
    if shutil.which("uv") and subprocess.run(["uv", "python", "install", "3.10"], check=False).returncode == 0:
        candidate = uv_python("3.10")
        if candidate and suits(candidate):
            return candidate
    raise Problem(CHOICES)


def candidates():
    """Places where a suitable Python may be, the newest version first."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for major, minor in VERSIONS:
        name = f"{major}.{minor}"
        if shutil.which(f"python{name}"):
            yield f"python{name}"
        yield from sorted(map(str, pyenv.glob(f"{name}.*/bin/python")))
        if shutil.which("uv"):
            yield uv_python(name)


def uv_python(name):
    """The interpreter of that version which uv knows of; empty for none."""
    command = ["uv", "python", "find", "--no-project", name]
    found = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return found.stdout.strip() if found.returncode == 0 else ""


def suits(python):
    """Whether it runs, has venv, and is of a version that AllenNLP runs on; a shim of pyenv may be none of these."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", PROBE],
            check=False,
            timeout=60,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.strip() in {f"{major}.{minor}" for major, minor in VERSIONS}


def run(command):
    if subprocess.run(command, check=False).returncode != 0:
        raise Problem(f"this failed (see above): {' '.join(command)}")


def size(folder):
    """Bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
