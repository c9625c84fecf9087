"""Checks of arguments, made before any request; each refusal names the argument."""

import json
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from integrations.core.config import is_placeholder
from integrations.core.errors import InvalidRequestError
from integrations.loops.models import STANDARD_FIELDS, Attachment

# "Some body key or value is longer than allowable": 500 characters with the two quotes of JSON
# (https://loops.so/docs/api-reference/intro, read 2026-11).
MAX_VALUE = 498
# The whole request, base64 included (https://loops.so/docs/transactional/attachments, 2026-11).
MAX_TRANSACTIONAL_BYTES = 4_000_000
MAX_IDEMPOTENCY_KEY = 100

_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>\"(),:;\\\[\].]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_VARIABLE = re.compile(r"[A-Za-z0-9_-]+")
_TYPES = ("string", "number", "boolean", "date")
# https://loops.so/docs/contacts/properties#reserved-names, read 2026-11.
_RESERVED = ("id", "listId", "softDeleteAt", "teamId", "updatedAt")

Scalar = str | int | float | bool
PropertyValue = Scalar | date | datetime | None


def refuse(argument: str, why: str) -> NoReturn:
    """Raise the error of a bad argument."""
    raise InvalidRequestError(
        f"{argument}: {why}. Nothing was sent.", provider="loops", argument=argument
    )


def text(argument: str, value: object, limit: int = MAX_VALUE) -> str:
    """Return a non-empty string of at most ``limit`` characters."""
    if not isinstance(value, str):
        refuse(argument, f"must be a string, not {type(value).__name__}")
    if not value.strip():
        refuse(argument, "is empty")
    _check_length(argument, value, limit)
    return value


def _check_length(argument: str, value: str, limit: int = MAX_VALUE) -> None:
    if len(value) > limit:
        refuse(argument, f"has {len(value)} characters; Loops takes at most {limit}")
    if _SURROGATE.search(value):
        refuse(argument, "holds half a character (a lone surrogate), which UTF-8 cannot carry")


def flag(argument: str, value: object) -> bool:
    """Return True or False, and take nothing else for them."""
    if not isinstance(value, bool):
        refuse(argument, "must be True or False")
    return value


def whole(argument: str, value: object, low: int, high: int) -> int:
    """Return a whole number within bounds."""
    if not isinstance(value, int) or not low <= value <= high:
        refuse(argument, f"{value!r} is not a whole number from {low} to {high}")
    return value


def email(argument: str, value: object) -> str:
    """Return an address: one @, printable, no spaces, a dotted domain, at most 254 characters."""
    address = text(argument, value, 254)
    if not address.isprintable() or not _EMAIL.fullmatch(address):
        refuse(argument, "is no email address, such as alex@example.com")
    return address


def transactional_id(value: object) -> str:
    """Return a transactional ID that is not a leftover placeholder."""
    found = text("transactional_id", value, 64)
    if is_placeholder(found) or not (found.isascii() and found.isalnum()):
        refuse("transactional_id", f"{found!r} is no transactional ID; copy it from Loops")
    return found


def idempotency_key(value: object) -> str:
    """Return a key fit for a header: printable ASCII without spaces, at most 100 characters."""
    key = text("idempotency_key", value, MAX_IDEMPOTENCY_KEY)
    if not key.isascii() or not key.isprintable() or " " in key:
        refuse("idempotency_key", "must be printable ASCII without spaces")
    return key


def one_of(email_value: object, user_id: object) -> dict[str, str]:
    """Return exactly one of the two ways to name a contact, as Loops spells it."""
    if (email_value is None) == (user_id is None):
        refuse("email", "give exactly one of email and user_id")
    return any_of(email_value, user_id)


def any_of(email_value: object, user_id: object) -> dict[str, str]:
    """Return at least one of the two ways to name a contact, as Loops spells it."""
    if email_value is None and user_id is None:
        refuse("email", "give email, user_id, or both")
    named = {} if email_value is None else {"email": email("email", email_value)}
    return named if user_id is None else {**named, "userId": text("user_id", user_id)}


def data_variables(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a template: strings, numbers, or lists of such mappings."""
    checked = {}
    for name, inner in _mapping("data_variables", value).items():
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            refuse("data_variables", f"{name!r}: names are of A-Z a-z 0-9 _ -")
        checked[name] = _variable(f"data_variables[{name!r}]", inner)
    return checked


def _variable(argument: str, value: object) -> Any:
    if value is None:
        refuse(argument, 'None does not work; leave an optional variable out, or send ""')
    if isinstance(value, (list, tuple)):
        return [data_variables(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        refuse(argument, f"must be a string, a number or a list, not {type(value).__name__}")
    return _scalar(argument, value)


def properties(
    value: Mapping[str, PropertyValue], *, argument: str, clearing: bool = False
) -> dict[str, Any]:
    """Return contact or event properties; with ``clearing``, None empties a property."""
    checked: dict[str, Any] = {}
    for name, inner in _mapping(argument, value).items():
        here = f"{argument}[{name!r}]"
        text(here, name, 100)
        if inner is None:
            if not clearing:
                refuse(here, "None is not taken here")
            checked[name] = None
        else:
            checked[name] = _property(here, inner)
    return checked


def contact_properties(
    value: Mapping[str, PropertyValue], *, clearing: bool = False, also: Sequence[str] = ()
) -> dict[str, Any]:
    """Return custom properties, which Loops takes beside its own fields: those are refused."""
    own = {*STANDARD_FIELDS, *also}
    for name in _mapping("properties", value):
        if name in own or name in _RESERVED:
            refuse(f"properties[{name!r}]", "is a field of Loops' own; use its argument, if any")
    return properties(value, argument="properties", clearing=clearing)


def _property(argument: str, value: object) -> Scalar:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            refuse(argument, "a datetime needs a time zone; Loops would read it as UTC")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, (str, bool, int, float)):
        refuse(argument, f"must be a string, number, boolean or date, not {type(value).__name__}")
    return _scalar(argument, value)


def _scalar(argument: str, value: Scalar) -> Scalar:
    if isinstance(value, str):
        _check_length(argument, value)
    elif value.bit_length() > 1024 if isinstance(value, int) else not math.isfinite(value):
        refuse(argument, "is no number in JSON: it is nan, infinite, or beyond a double")
    return value


def mailing_lists(value: Mapping[str, bool]) -> dict[str, bool]:
    """Return list ids with True to subscribe and False to unsubscribe."""
    for name, inner in _mapping("mailing_lists", value).items():
        text("mailing_lists", name)
        if not isinstance(inner, bool):
            refuse(f"mailing_lists[{name!r}]", "must be True or False")
    return dict(value)


def new_property(name: object, kind: object) -> tuple[str, str]:
    """Return the camelCase name and the type of a new contact property."""
    found = text("name", name, 100)
    if not re.fullmatch(r"[a-z][A-Za-z0-9]*", found):
        refuse("name", f"{found!r} is not camelCase, such as planName")
    if found in STANDARD_FIELDS or found in _RESERVED:
        refuse("name", f"{found!r} is reserved by Loops")
    if kind not in _TYPES:
        refuse("type", f"must be one of {', '.join(_TYPES)}")
    return found, str(kind)


def attachments(value: Sequence[object]) -> list[dict[str, str]]:
    """Return attachments as Loops takes them, the data in base64."""
    if not isinstance(value, Iterable):
        refuse("attachments", f"must be a list, not {type(value).__name__}")
    encoded = []
    for index, each in enumerate(value):
        here = f"attachments[{index}]"
        if not isinstance(each, Attachment):
            refuse(here, f"must be an Attachment, not {type(each).__name__}")
        if not each.data or type(each.data) is not bytes:
            refuse(f"{here}.data", "must be bytes, and not empty")
        encoded.append(
            {
                "filename": text(f"{here}.filename", each.filename, 255),
                "contentType": text(f"{here}.content_type", each.content_type, 255),
                "data": b64encode(each.data).decode(),
            }
        )
    return encoded


def within_size(body: Mapping[str, Any]) -> None:
    """Refuse a transactional email over the 4 MB that Loops takes."""
    size = len(json.dumps(body).encode())
    if size >= MAX_TRANSACTIONAL_BYTES:
        limit = f"Loops takes less than {MAX_TRANSACTIONAL_BYTES:,}, base64 included"
        refuse("attachments", f"the email has {size:,} bytes; {limit}")


def _mapping(argument: str, value: object) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        refuse(argument, f"must be a mapping, not {type(value).__name__}")
    return value
