"""Constants become flags, and errors one line."""

import errno
import signal

import pytest

from liap import cli
from liap.errors import InputError

SCRIPT = '''"""What it does."""

EPOCHS = 5  # passes over the training split
RATE = 3e-5  # of AdamW
NAMES = ("a", "b")  # which ones
DEEP = False  # whether 100% of it
PLACE = ""  # a folder
'''


@pytest.fixture(autouse=True)
def _interrupts():
    """An ending script ignores them; the tests do not."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def test_defaults_and_flags(script):
    given = cli.settings(script, [])
    assert vars(given) == {"epochs": 5, "rate": 3e-5, "names": ("a", "b"), "deep": False, "place": ""}
    given = cli.settings(script, ["--epochs", "2", "--names", "c", "--deep", "--rate", "1"])
    assert (given.epochs, given.names, given.deep, given.rate) == (2, ("c",), True, 1.0)


def test_help_is_the_comment(script, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.settings(script, ["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "passes over the training split (default: 5)" in shown
    assert "whether 100% of it" in shown
    assert "What it does." in shown


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (InputError("wrong\nin two lines"), 2, "error: wrong in two lines"),
        (KeyboardInterrupt(), 130, "interrupted. Start again."),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 2, "error: No space left on device (/x); make room"),
    ],
)
def test_errors_of_the_user_are_one_line(error, status, shown, capsys):
    def main():
        raise error

    with pytest.raises(SystemExit) as ended:
        cli.run(main, "Start again.")
    assert ended.value.code == status
    written = capsys.readouterr().err
    assert shown in written
    assert written.count("\n") == 1


def test_other_errors_are_bugs_and_keep_their_traceback():
    def main():
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        cli.run(main)
