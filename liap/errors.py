"""The one exception that means "the user gave something we cannot use".

Scripts turn it into a single line on standard error and exit status 2; everything else is a bug and keeps its
traceback.
"""


class InputError(ValueError):
    """What was given, where (file and line), what was expected, and how to mend it, in one line."""


def first_line(error: BaseException) -> str:
    """The start of another library's message, short enough for one line of ours."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]
