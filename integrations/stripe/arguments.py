"""Checks of arguments, made before any request; each refusal names the argument."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from integrations.core.config import is_placeholder
from integrations.core.errors import InvalidRequestError
from integrations.stripe.money import (
    CURRENCIES,
    MAX_AMOUNT,
    THREE_DECIMAL,
    WHOLE_ONLY,
    Money,
)

MAX_KEY = 255
# https://docs.stripe.com/api/metadata, read 2026-11.
MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_VALUE = 50, 40, 500

_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>\"(),:;\\\[\].]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PREFIXES = {
    "customer_id": ("cus_",),
    "product_id": ("prod_",),
    "price_id": ("price_", "plan_"),
    "payment_intent_id": ("pi_",),
    "setup_intent_id": ("seti_",),
    "payment_method": ("pm_", "card_", "src_"),
    "subscription_id": ("sub_",),
    "invoice_id": ("in_",),
    "charge_id": ("ch_", "py_"),
    "refund_id": ("re_", "pyr_"),
    "session_id": ("cs_",),
    "clock_id": ("clock_",),
    "configuration_id": ("bpc_",),
}


def refuse(argument: str, why: str) -> NoReturn:
    """Raise the error of a bad argument."""
    raise InvalidRequestError(
        f"{argument}: {why}. Nothing was sent.", provider="stripe", argument=argument
    )


def text(argument: str, value: object, limit: int = 5000) -> str:
    """Return a non-empty string of at most ``limit`` characters."""
    if not isinstance(value, str):
        refuse(argument, f"must be a string, not {type(value).__name__}")
    if not value.strip():
        refuse(argument, "is empty")
    if len(value) > limit:
        refuse(argument, f"has {len(value)} characters; at most {limit} are taken")
    if _SURROGATE.search(value):
        refuse(argument, "holds half a character (a lone surrogate), which UTF-8 cannot carry")
    return value


def object_id(argument: str, value: object) -> str:
    """Return an id of the kind that ``argument`` names: ``customer_id`` starts with ``cus_``.

    Products may have ids of your own, so theirs are checked for their characters only.
    """
    found = text(argument, value, 255)
    prefixes = _PREFIXES[argument]
    if is_placeholder(found) or not _ID.fullmatch(found.replace("-", "_")):
        refuse(argument, f"{found!r} is no id of Stripe's")
    if argument != "product_id" and not found.startswith(prefixes):
        refuse(argument, f"{found!r} does not start with {prefixes[0]}")
    return found


def optional_id(argument: str, value: object) -> str | None:
    """Return an id, or None where none is given; an empty one is no id, and filters nothing."""
    return None if value is None else object_id(argument, value)


def flag(argument: str, value: object) -> bool:
    """Return True or False, and take nothing else for them."""
    if not isinstance(value, bool):
        refuse(argument, "must be True or False")
    return value


def whole(argument: str, value: object, low: int, high: int) -> int:
    """Return a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        refuse(argument, f"{value!r} is not a whole number from {low} to {high}")
    return value


def one(argument: str, value: object, of: tuple[str, ...]) -> str:
    """Return one of the words."""
    if value not in of:
        refuse(argument, f"{value!r} is not one of {', '.join(of)}")
    return str(value)


def email(argument: str, value: object) -> str:
    """Return an address: one @, printable, no spaces, a dotted domain, at most 254 characters."""
    address = text(argument, value, 254)
    if not address.isprintable() or not _EMAIL.fullmatch(address):
        refuse(argument, "is no email address, such as alex@example.com")
    return address


def money(argument: str, value: object, *, least: int = 1) -> Money:
    """Return an amount that can be charged: whole minor units, of a currency Stripe takes."""
    if not isinstance(value, Money):
        refuse(argument, f"must be Money(minor_units, currency), not {type(value).__name__}")
    if value.currency not in CURRENCIES:
        refuse(argument, f"{value.currency!r} is no currency that Stripe takes")
    if not least <= value.amount <= MAX_AMOUNT:
        refuse(argument, f"{value.amount} is not from {least} to {MAX_AMOUNT} minor units")
    if value.currency in THREE_DECIMAL and value.amount % 10:
        refuse(argument, f"{value}: the last digit must be 0; the card networks take two decimals")
    if value.currency in WHOLE_ONLY and value.amount % 100:
        refuse(argument, f"{value}: this currency has no decimals; the last two digits must be 0")
    return value


def currency(argument: str, value: object) -> str:
    """Return a currency in lower case."""
    found = text(argument, value, 3).lower()
    if found not in CURRENCIES:
        refuse(argument, f"{value!r} is no currency that Stripe takes, such as eur")
    return found


def idempotency_key(value: object) -> str:
    """Return a key fit for a header: printable ASCII without spaces, at most 255 characters."""
    key = text("idempotency_key", value, MAX_KEY)
    if not key.isascii() or not key.isprintable() or " " in key:
        refuse("idempotency_key", "must be printable ASCII without spaces")
    return key


def optional_key(value: object) -> str | None:
    """Return an idempotency key, or None where none is given.

    For calls that ask before they change something: a bad key is refused before the question.
    """
    return None if value is None else idempotency_key(value)


def metadata(value: object, *, argument: str = "metadata") -> dict[str, str]:
    """Return metadata: at most 50 short strings. ``""`` removes a key."""
    if not isinstance(value, Mapping):
        refuse(argument, f"must be a mapping, not {type(value).__name__}")
    if len(value) > MAX_METADATA:
        refuse(argument, f"has {len(value)} keys; Stripe takes {MAX_METADATA}")
    for name, inner in value.items():
        here = f"{argument}[{name!r}]"
        if text(here, name, MAX_METADATA_KEY) != name.strip("[]") or "[" in name or "]" in name:
            refuse(here, "a key has no square brackets")
        if not isinstance(inner, str):
            refuse(here, f"must be a string, not {type(inner).__name__}")
        if inner:
            text(here, inner, MAX_METADATA_VALUE)
    return dict(value)


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def limit(value: int | None) -> int | None:
    """Return how many items at most; None is all."""
    return None if value is None else whole("limit", value, 1, 1_000_000)


def moment(argument: str, value: object) -> int:
    """Return a Unix time in whole seconds."""
    return whole(argument, value, 1, 4_102_444_800)
