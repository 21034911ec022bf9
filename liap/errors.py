"""The one exception that means "the user gave something we cannot use".

Scripts turn it into a single line on standard error and exit status 2; everything else is a bug and keeps its
traceback.
"""

import errno
import unicodedata

LONGEST = 2_000  # characters
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)  # errors that end once there is room
CONTROLS = (
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
)  # Unicode categories: control, format, surrogate, line and paragraph separator


class InputError(ValueError):
    """What was given, where (file and line), what was expected, and how to mend it, in one line.

    It is always one line, whatever is quoted in it: line breaks become blanks, characters that move a cursor become escapes, and
    a long message is cut.
    """

    def __init__(self, message: str) -> None:
        line = " ".join(message[: 2 * LONGEST].split())
        line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
        super().__init__(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…")


def quoted(text: object, most: int = 60) -> str:
    """Something from a file, for a message: its `repr`, cut if it is long (a file may be a single word)."""
    shown = repr(text if not isinstance(text, str) else text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def printable(text: str) -> str:
    """Control and direction characters as escapes, so that text from a file cannot move the cursor."""
    if text.isprintable():
        return text
    return "".join(ascii(letter)[1:-1] if unicodedata.category(letter) in CONTROLS else letter for letter in text)


def first_line(error: BaseException) -> str:
    """The start of another library's message, short enough to be part of one line, without control characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0][:160])
