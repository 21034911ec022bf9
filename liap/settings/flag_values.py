"""Checks of a flag's value: a number's range, names among those that are known, no value twice, lists of numbers.

Each raises an InputError that names the flag, says what was expected, and shows what it got.
"""

from __future__ import annotations

from liap.errors import InputError

MOST = 1_000_000_000  # of any number that a flag takes, unless it says otherwise


def check_number(flag: str, value: int | float, least: int | float, most: int | float = MOST) -> None:
    """InputError that names the flag where the number lies outside, or is none."""
    if not value >= least:
        raise InputError(f"{flag} must be at least {least}, got {_shown(value)}")
    if value > most:
        raise InputError(f"{flag} must be at most {most}, got {_shown(value)}")


def _shown(number: int | float) -> str:
    """Numbers of more digits than Python prints unasked are huge."""
    return str(number) if abs(number) < 1e300 or number != number else "a huge number"


def refuse_repeats(flag: str, values: tuple[str | int, ...]) -> None:
    """InputError that names the flag where a value stands twice."""
    for number, value in enumerate(values):
        if value in values[:number]:
            raise InputError(f"{flag} names {value!r} twice; name each once")


def among(flag: str, values: tuple[str, ...], known: tuple[str, ...]) -> None:
    """InputError that names the flag where one of the values is unknown, or there is none."""
    if not values:
        raise InputError(f"{flag} must name at least one of {', '.join(known)}")
    for value in values:
        if value not in known:
            raise InputError(f"{flag} must be among {', '.join(known)}, got {value!r}")


def numbers(flag: str, text: str) -> tuple[int, ...]:
    """`all` -> (), `0,3` -> (0, 3)."""
    if text == "all":
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{flag} must be all, or numbers from 0 with commas, got {text!r}") from None
