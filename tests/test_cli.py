"""How a script ends: what the user can mend is one line."""

import errno
import signal

import pytest

from liap import cli
from liap.errors import InputError


@pytest.fixture(autouse=True)
def _interrupts():
    """An ending script ignores them; the tests do not."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


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
