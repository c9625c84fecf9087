"""Which fields of Stripe's objects the records are read from, and what is in them.

No field is held stricter than the SDK types it: what may be null there may be null here, and a
status is any text, since Stripe adds new ones without a new API version. A field has to be there
also where it may be null. One that is missing tells of another API version, in which it is called
something else; a record made without it would be wrong, and nobody would notice.

Source: the typed classes of stripe-python 16.1, read 2026-11.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from integrations.stripe.events import EVENTS

_MISSING = object()
_INT64 = 2**63


class Flaw(NamedTuple):
    """What is wrong: the path to it, from where it was looked for, and how it is."""

    path: str
    said: str


Rule = Callable[[Any], Flaw | None]


def _leaf(wanted: str, fits: Callable[[Any], bool]) -> Rule:
    """Allow values of one kind; ``wanted`` names it."""

    def check(value: Any) -> Flaw | None:
        return None if fits(value) else Flaw("", f"is {_kind(value)}, not {wanted}")

    return check


def _nullable(rule: Rule) -> Rule:
    """Allow what ``rule`` does, and null."""

    def check(value: Any) -> Flaw | None:
        return None if value is None else rule(value)

    return check


@dataclass(frozen=True)
class Shape:
    """An object with these fields at least; those named in ``absent`` may be left out."""

    fields: Mapping[str, Rule]
    absent: frozenset[str] = frozenset()

    def __call__(self, value: Any) -> Flaw | None:
        """Return the first field that is wrong."""
        if not isinstance(value, dict):
            return Flaw("", f"is {_kind(value)}, not an object")
        get = value.get
        for name, rule in self.fields.items():
            flaw = rule(get(name, _MISSING))
            if flaw and not (name in self.absent and name not in value):
                return Flaw(f".{name}{flaw.path}", flaw.said)
        return None


@dataclass(frozen=True)
class _Listed:
    """A list object of Stripe's: what it lists is in ``data``."""

    each: Rule

    def __call__(self, value: Any) -> Flaw | None:
        """Return the first item that is wrong."""
        if not isinstance(value, dict) or not isinstance(value.get("data"), list):
            return Flaw("", f"is {_kind(value)}, not a list object with data")
        for index, item in enumerate(value["data"]):
            if flaw := self.each(item):
                return Flaw(f".data[{index}]{flaw.path}", flaw.said)
        return None


def _kind(value: Any) -> str:
    """Name the kind of a value; never the value, which may be somebody's."""
    if value is _MISSING:
        return "missing"
    if value is None:
        return "null"
    if value == "":
        return "empty"
    kinds: dict[type, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(value), "an object")


def _is_whole(value: Any) -> bool:
    return type(value) is int and -_INT64 <= value < _INT64


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_reference(value: Any) -> bool:
    found = value.get("id") if isinstance(value, dict) else value
    return isinstance(found, str) and found != ""


def _is_metadata(value: Any) -> bool:
    return isinstance(value, dict) and {*map(type, value.values())} <= {str}


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z]{3}", value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_ID = _leaf("an id", _is_id)
_OF = _leaf("an id", _is_reference)  # of another object, which may be expanded
_TEXT = _leaf("a text", _is_text)
_WHOLE = _leaf("a whole number of 64 bits", _is_whole)
_FLAG = _leaf("true or false", _is_flag)
_CURRENCY = _leaf("a currency in three small letters", _is_currency)
_METADATA = _leaf("a map of texts", _is_metadata)
_REF, _TIME = _nullable(_OF), _nullable(_WHOLE)

_ITEM = Shape(
    {"price": _OF, "quantity": _TIME, "current_period_end": _WHOLE}, frozenset({"quantity"})
)
ITEMS = _Listed(_ITEM)
"""A subscription's items."""

_BILLED = Shape({"subscription": _OF, "metadata": _nullable(_METADATA)}, frozenset({"metadata"}))
_PARENT = Shape({"subscription_details": _nullable(_BILLED)}, frozenset({"subscription_details"}))
_PAID_BY = Shape({"payment_intent": _REF, "charge": _REF}, frozenset({"payment_intent", "charge"}))
_AMOUNT: dict[str, Rule] = {"id": _ID, "amount": _WHOLE, "currency": _CURRENCY}

SHAPES: dict[str, Shape] = {
    "checkout.session": Shape(
        {
            "id": _ID,
            "mode": _TEXT,
            "payment_status": _TEXT,
            "payment_intent": _REF,
            "subscription": _REF,
            "invoice": _REF,
            "customer": _REF,
            "amount_total": _nullable(_WHOLE),
            "currency": _nullable(_CURRENCY),
            "client_reference_id": _nullable(_TEXT),
            "metadata": _nullable(_METADATA),
        }
    ),
    "subscription": Shape(
        {
            "id": _ID,
            "status": _TEXT,
            "customer": _OF,
            "items": ITEMS,
            "cancel_at_period_end": _FLAG,
            "cancel_at": _TIME,
            "trial_end": _TIME,
            "ended_at": _TIME,
            "pause_collection": _nullable(Shape({})),
            "metadata": _METADATA,
        }
    ),
    "invoice": Shape(
        {
            "id": _ID,
            "created": _WHOLE,
            "customer": _REF,
            "parent": _nullable(_PARENT),
            "amount_paid": _WHOLE,
            "currency": _CURRENCY,
            "metadata": _nullable(_METADATA),
            "payments": _nullable(_Listed(Shape({"payment": _PAID_BY}))),
        },
        frozenset({"payments"}),
    ),
    "invoice_payment": Shape({"id": _ID, "invoice": _OF, "payment": _PAID_BY}),
    "payment_intent": Shape(
        {**_AMOUNT, "amount_received": _WHOLE, "customer": _REF, "metadata": _METADATA}
    ),
    "charge": Shape(
        {
            **_AMOUNT,
            "captured": _FLAG,
            "amount_captured": _WHOLE,
            "amount_refunded": _WHOLE,
            "customer": _REF,
            "payment_intent": _REF,
        }
    ),
    "refund": Shape(
        {**_AMOUNT, "status": _nullable(_TEXT), "charge": _REF, "payment_intent": _REF}
    ),
    "dispute": Shape({**_AMOUNT, "status": _TEXT, "charge": _OF, "payment_intent": _REF}),
    "customer": Shape(
        {"id": _ID, "email": _nullable(_TEXT), "deleted": _nullable(_FLAG)}, frozenset({"deleted"})
    ),
}
"""The shape of each object that the records are read from, by its ``object`` name."""

_GONE = Shape({"id": _ID})


def flaw_of(type: str, held: Any) -> str:
    """Say what is wrong with the object of a snapshot event; empty where nothing is.

    An event that no record is kept from may carry anything.
    """
    event = EVENTS.get(type)
    if event is None:
        return ""
    if not isinstance(held, dict) or held.get("object") != event.carries:
        return f"data.object of {type} is no {event.carries}"
    deleted = type == "customer.deleted" or held.get("deleted") is True
    shape = _GONE if event.carries == "customer" and deleted else SHAPES[event.carries]
    flaw = shape(held)
    return f"data.object{flaw.path} of {type} {flaw.said}" if flaw else ""
