"""Checks of arguments, made before any request; each refusal names the argument."""

import re
from collections.abc import Mapping, Sequence
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
_PREFIX = re.compile(r"[a-z]{2,8}_")
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


def seen(value: object) -> str:
    """Write a value that is refused, as far as that is short and safe."""
    if isinstance(value, str) and len(value) > 40:
        return f"a text of {len(value)} characters"
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number of more than 18 digits"  # of 4300, and Python would refuse to write it
    plain = value is None or isinstance(value, str | int | float)
    return repr(value) if plain else f"a {type(value).__name__}"


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


def object_id(argument: str, value: object, kind: str | None = None) -> str:
    """Return an id of the kind that ``argument`` names: ``customer_id`` starts with ``cus_``.

    Products may have ids of your own, so theirs are checked for their characters only. What was
    given is not in the error: it may be a key or a card number that came to the wrong place.
    """
    found = text(argument, value, 255)
    kind = kind or argument
    own = kind == "product_id"
    if is_placeholder(found) or not _ID.fullmatch(found.replace("-", "_") if own else found):
        refuse(
            argument, f"is no id of Stripe's, such as {_PREFIXES[kind][0]}1AbC; {_instead(found)}"
        )
    if own:
        return found
    if not found.startswith(_PREFIXES[kind]) or found in _PREFIXES[kind]:
        refuse(argument, f"must be an id that begins with {_PREFIXES[kind][0]}; {_instead(found)}")
    if "_secret_" in found:
        # What a browser confirms the payment with; in a URL it would be logged.
        refuse(argument, "is a client secret; the id is what stands before _secret_")
    return found


def _instead(found: str) -> str:
    """Say what was given by its kind, which is safe to tell."""
    if found.replace(" ", "").replace("-", "").isdecimal():
        return "it holds digits only, and no card number belongs on a server"
    prefix = _PREFIX.match(found)
    return f"this one begins with {prefix[0]}" if prefix else "copy it from what Stripe answered"


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
        refuse(argument, f"{seen(value)} is not a whole number from {low} to {high}")
    return value


def seconds(argument: str, value: object, most: float) -> float:
    """Return a number of seconds; nan is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= most:  # type: ignore[operator]  # a number, by the line above
        refuse(argument, f"{seen(value)} is not a number of seconds from 0 to {most:g}")
    return float(value)  # type: ignore[arg-type]


def one(argument: str, value: object, of: tuple[str, ...]) -> str:
    """Return one of the words."""
    if not isinstance(value, str) or value not in of:
        refuse(argument, f"{seen(value)} is not one of {', '.join(of)}")
    return value


def texts(argument: str, value: object, most: int, limit: int) -> list[str]:
    """Return at most ``most`` strings of at most ``limit`` characters; a single one is no list."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        refuse(argument, f"must be a list of strings, not {type(value).__name__}")
    if len(value) > most:
        refuse(argument, f"has {len(value)} items; Stripe takes {most}")
    return [text(argument, each, limit) for each in value]


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
        refuse(argument, f"{value.currency!r} is no currency that Stripe takes, such as 'eur'")
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
        refuse(argument, f"{seen(value)} is no currency that Stripe takes, such as 'eur'")
    return found


def idempotency_key(
    value: object, *, argument: str = "idempotency_key", limit: int = MAX_KEY
) -> str:
    """Return a key fit for a header: printable ASCII without spaces."""
    key = text(argument, value, limit)
    if not key.isascii() or not key.isprintable() or " " in key:
        refuse(argument, "must be printable ASCII without spaces, such as order-42")
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
        here = f"{argument}[{seen(name)}]"
        if "[" in text(here, name, MAX_METADATA_KEY) or "]" in name:
            refuse(here, "a key has no square brackets")
        if not isinstance(inner, str):
            refuse(here, f"must be a string, not {type(inner).__name__}")
        if inner:
            text(here, inner, MAX_METADATA_VALUE)
    return dict(value)


def labels(value: object) -> dict[str, Any]:
    """Return metadata as a parameter, where there is some."""
    plain = {} if value is None else metadata(value)
    return {"metadata": plain} if plain else {}


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def limit(value: int | None) -> int | None:
    """Return how many items at most; None is all."""
    return None if value is None else whole("limit", value, 1, 1_000_000)


def moment(argument: str, value: object) -> int:
    """Return a Unix time in whole seconds."""
    return whole(argument, value, 1, 4_102_444_800)
