"""What is known of a record, in a form in which the order of arrival cannot matter.

Stripe delivers events more than once and in any order, and its times have whole seconds, so "the
newer event wins" is not enough: two events of one second have no order. A record therefore keeps
facts by name, and joining two sets of facts takes the greater fact of each name. Joining is
commutative, associative and idempotent; so every order of arrival, with any number of duplicates,
ends in the same facts, and what a record shows is computed from its facts alone.

Source: https://docs.stripe.com/webhooks#event-ordering, read 2026-11.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Ranks. A higher one is final against a lower one, whenever they were made.
TOLD, TRIED, DONE = 1, 2, 3


@dataclass(frozen=True)
class Fact:
    """One thing that an event told.

    Attributes:
        rank: how final it is: a payment that succeeded outranks one that failed, whenever the
            events were made.
        at: Unix time at which it was so; decides within a rank. Whole seconds where an event told
            it, a fraction where it was fetched.
        data: what was told, as JSON values.
    """

    rank: int
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)

    def key(self) -> tuple[int, float, str]:
        """Return what facts of one name are compared by. The last part only breaks ties."""
        return self.rank, self.at, json.dumps(self.data, sort_keys=True, default=str)


Facts = Mapping[str, Fact]


def joined(*several: Facts) -> dict[str, Fact]:
    """Return the greatest fact of each name."""
    result: dict[str, Fact] = {}
    for facts in several:
        for name, fact in facts.items():
            known = result.get(name)
            if known is None or fact.key() > known.key():
                result[name] = fact
    return result


def dumped(facts: Facts) -> str:
    """Return facts as JSON, for a column of a database."""
    return json.dumps(
        {name: [fact.rank, fact.at, dict(fact.data)] for name, fact in facts.items()},
        sort_keys=True,
    )


def loaded(text: str) -> dict[str, Fact]:
    """Return the facts that :func:`dumped` wrote."""
    return {name: Fact(*parts) for name, parts in json.loads(text).items()}


def of_kind(facts: Facts, kind: str) -> dict[str, Fact]:
    """Return the facts named ``kind:<id>``, by id, in the order of their ids."""
    start = f"{kind}:"
    found = {name[len(start) :]: fact for name, fact in facts.items() if name.startswith(start)}
    return dict(sorted(found.items()))


def first_told(told: Iterable[Mapping[str, Any]], key: str) -> Any:
    """Return the first value of ``key`` that is neither missing nor empty."""
    return next((data[key] for data in told if data.get(key)), None)
