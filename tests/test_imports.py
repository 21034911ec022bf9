"""Importing the library changes nothing in the process, and what needs no model loads no model library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "transformers", "spacy", "pandas", "matplotlib", "datasets", "ray", "captum", "lime"}
SCRIPTS = ("finetune.py", "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py")

EVERY_MODULE = """
import importlib, pkgutil, sys
import liap
names = [module.name for module in pkgutil.walk_packages(liap.__path__, "liap.")]
names.remove("liap.linguistics.srl.allennlp_worker")  # a script of AllenNLP's own environment
"""
LIBRARIES = (
    EVERY_MODULE
    + """
import json
for name in names:
    importlib.import_module(name)
print(json.dumps([name for name in sys.modules if name.split(".")[0] not in ("liap", "__main__")]))
"""
)
# The libraries that liap imports are imported first: what they do to the process is their own affair.
CHANGES = (
    """
import contextlib, csv, importlib, json, logging, os, random, signal, sys, threading, warnings
for name in {libraries}:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
import matplotlib, numpy, torch, transformers
loggers = ["root", *logging.root.manager.loggerDict]

def state():
    return {{
        "hooks": repr([sys.excepthook, threading.excepthook, warnings.showwarning]),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "folder": os.getcwd(),
        "warnings": [repr(one) for one in warnings.filters],
        "logging": {{name: [logging.getLogger(name).level, len(logging.getLogger(name).handlers)] for name in loggers}},
        "disabled": logging.root.manager.disable,
        "signals": {{str(number): repr(signal.getsignal(number)) for number in signal.valid_signals()}},
        "streams": repr([sys.stdout, sys.stderr, sys.stdout.errors, sys.stderr.errors]),
        "recursion": sys.getrecursionlimit(),
        "random": repr(random.getstate()),
        "numpy": repr([numpy.geterr(), numpy.get_printoptions(), numpy.random.get_state()[1].tolist()]),
        "torch": repr([
            torch.get_num_threads(), torch.get_num_interop_threads(), torch.is_grad_enabled(), torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(), torch.initial_seed(), torch.get_rng_state().tolist(),
            torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.benchmark, torch.get_float32_matmul_precision(),
        ]),
        "matplotlib": repr([matplotlib.get_backend(), dict(matplotlib.rcParams)]),
        "csv": csv.field_size_limit(),
        "transformers": transformers.utils.logging.get_verbosity(),
    }}

before = state()
"""
    + EVERY_MODULE.replace("{", "{{").replace("}", "}}")
    + """
for name in names:
    importlib.import_module(name)
after = state()
changed = {{key: [before[key], after[key]] for key in before if before[key] != after[key]}}
print(json.dumps({{"modules": len(names), "changed": changed}}))
"""
)


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_importing_every_module_changes_nothing_in_the_process():
    libraries = json.loads(python(LIBRARIES))
    answer = json.loads(python(CHANGES.format(libraries=libraries)))
    assert answer["modules"] > 80
    assert answer["changed"] == {}


@pytest.mark.parametrize(
    "code", ["import liap", "import liap.settings", "import liap.cli", "import liap.flags", "import liap.pipeline"]
)
def test_nothing_heavy_is_imported(code):
    assert set(json.loads(python(f"{code}; import sys, json; print(json.dumps(list(sys.modules)))"))) & HEAVY == set()


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_loads_nothing_heavy(script):
    code = f"""
import json, runpy, sys
sys.argv = [{script!r}, "--help"]
try:
    runpy.run_path({script!r}, run_name="__main__")
except SystemExit as ended:
    assert not ended.code
print()
print(json.dumps(list(sys.modules)))
"""
    assert set(json.loads(python(code))) & HEAVY == set()
