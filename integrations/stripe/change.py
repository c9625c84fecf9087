"""What an event tells of a record, and how it is read out of Stripe's objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.webhook_store import Event
from integrations.stripe.facts import Fact, Facts
from integrations.stripe.records import Customer, Payment, Subscription

Obj = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """Facts to join to the record that has one of these names."""

    kind: type[Payment] | type[Subscription] | type[Customer]
    names: frozenset[str]
    facts: Facts


Reader = Callable[[Obj, Event], list[Change]]


def told_by(event: Event, rank: int, /, **data: Any) -> Fact:
    """Return a fact that an event tells."""
    return Fact(rank, event.created, data)


def id_of(value: Any) -> str | None:
    """Return an id, also of an object that was expanded."""
    found: str | None = value["id"] if isinstance(value, Mapping) else value
    return found


def names_of(*values: Any) -> frozenset[str]:
    """Return the ids that there are."""
    return frozenset(name for name in map(id_of, values) if name)
