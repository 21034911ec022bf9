"""The one exception that means "the user gave something we cannot use".

Scripts turn it into a single line on standard error and exit status 2; everything else is a bug and keeps its
traceback.
"""

LONGEST = 2_000  # characters


class InputError(ValueError):
    """What was given, where (file and line), what was expected, and how to mend it, in one line.

    It is one whatever a file holds that is quoted in it: breaks become blanks, characters that move a cursor escapes, and a
    message that is too long is cut.
    """

    def __init__(self, message: str) -> None:
        line = " ".join(message[: 2 * LONGEST].split())
        line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
        super().__init__(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…")


def quoted(text: object, most: int = 60) -> str:
    """What a file holds, for a message: its `repr`, cut where it is long, as a file that is none of ours may be one word."""
    shown = repr(text if not isinstance(text, str) else text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def first_line(error: BaseException) -> str:
    """The start of another library's message, short enough for one line of ours."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]
