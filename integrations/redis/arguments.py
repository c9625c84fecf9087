"""Checks of arguments, made before any command; each refusal names the argument."""

import math
from typing import NoReturn

from integrations.core.errors import InvalidRequestError

# 2**53 is where a number of Lua is no longer exact.
MAX_COUNT = 10**9
MAX_KEY = 1024
MAX_SECONDS = 366 * 86_400


def refuse(argument: str, why: str) -> NoReturn:
    """Raise the error of a bad argument."""
    raise InvalidRequestError(
        f"{argument}: {why}. Nothing was sent.", provider="redis", argument=argument
    )


def key(value: object) -> None:
    """Refuse what is no name of a key."""
    if not isinstance(value, str):
        refuse("key", f"must be a string, not {type(value).__name__}")
    if not 1 <= len(value) <= MAX_KEY:
        refuse("key", f"must have 1 to {MAX_KEY} characters, not {len(value)}")
    if not value.isprintable():
        refuse("key", "must not hold control characters")


def names(argument: str, value: object) -> None:
    """Refuse one text where several are expected: it would be taken for its letters."""
    if isinstance(value, str | bytes):
        refuse(argument, "must be several names, such as ('shoes',)")


def seconds(argument: str, value: object, *, zero: bool = False) -> float:
    """Return a duration, from a millisecond to a year."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        refuse(argument, "must be a number of seconds")
    if not (value == 0 and zero) and not 0.001 <= value <= MAX_SECONDS:
        refuse(argument, f"must be between 0.001 and {MAX_SECONDS} seconds, not {value}")
    return float(value)


def milliseconds(argument: str, value: object, *, zero: bool = False) -> int:
    """Return a duration, given in seconds, in milliseconds."""
    return round(seconds(argument, value, zero=zero) * 1000)


def count(argument: str, value: object) -> int:
    """Return a positive number of things."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COUNT:
        refuse(argument, f"must be a whole number from 1 to {MAX_COUNT}")
    return value


def share(argument: str, value: object) -> float:
    """Return a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        refuse(argument, "must be a number from 0 to 1")
    return float(value)
