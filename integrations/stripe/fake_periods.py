"""Billing periods: a month from an anchor, and a share of a period to the second."""

import calendar
from datetime import UTC, datetime
from fractions import Fraction

from integrations.stripe.fake_state import Obj

_FIXED = {"day": 86400, "week": 7 * 86400}


def boundary(anchor: int, recurring: Obj, number: int) -> int:
    """Return when the ``number``-th period after ``anchor`` ends.

    Months keep the anchor's day, or end on their last day where they have no such day.
    """
    steps: int = number * recurring["interval_count"]
    if recurring["interval"] in _FIXED:
        return anchor + steps * _FIXED[recurring["interval"]]
    at = datetime.fromtimestamp(anchor, tz=UTC)
    months = at.year * 12 + at.month - 1 + steps * (12 if recurring["interval"] == "year" else 1)
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return int(at.replace(year=year, month=month + 1, day=day).timestamp())


def next_boundary(anchor: int, recurring: Obj, after: int) -> int:
    """Return the first period's end that is later than ``after``."""
    number = 1
    while boundary(anchor, recurring, number) <= after:
        number += 1
    return boundary(anchor, recurring, number)


def share(amount: int, start: int, end: int, at: int) -> int:
    """Return the part of ``amount`` for what is left of a period at ``at``; halves go up."""
    left = Fraction(max(0, end - max(at, start)), max(1, end - start))
    return int(amount * left + Fraction(1, 2))
