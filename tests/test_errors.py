"""One line of printable text, whatever a file holds."""

import pytest

from liap.errors import LONGEST, InputError, first_line, printable, quoted

ESCAPES = (
    "red \x1b[31m, bell \x07, title \x1b]0;x\x07, override \u202e, next line \x85, separator \u2028, half a pair \ud800"
)


@pytest.mark.parametrize(
    "show", [printable, quoted, lambda text: str(InputError(text)), lambda text: first_line(ValueError(text))]
)
def test_escapes_of_a_terminal_are_shown_and_not_sent(show):
    shown = show(ESCAPES)
    assert "\\x1b[31m" in shown and len(shown.splitlines()) == 1
    assert all(letter.isprintable() for letter in shown)
    shown.encode("utf-8")


def test_printable_text_stays_as_it_is():
    text = "naïve \N{GRINNING FACE} 東京 e\u0301 B-PER"
    assert printable(text) == text


def test_a_long_message_is_cut():
    assert len(str(InputError("x" * 10**6))) == LONGEST and len(quoted("x" * 10**6)) == 60
