"""The shapes in which Loops refuses, and the checks that all of its routes share (spec 1.22.6)."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from integrations.core.wire import Request

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_QUERY = {
    "/v1/contacts/find": {"email", "userId"},
    "/v1/contacts/suppression": {"email", "userId"},
    "/v1/contacts/properties": {"list"},
    "/v1/transactional-emails": {"perPage", "cursor"},
}


class RefusedError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        """Keep what is answered."""
        super().__init__(status)
        self.status = status
        self.body = body


def fail(status: int, message: str, **extra: Any) -> NoReturn:
    """Refuse in the general shape."""
    raise RefusedError(status, {"success": False, "message": message, **extra})


def refuse(path: str, message: str) -> NoReturn:
    """Refuse a field: the shape of 'Invalid request or email', with the deprecated ``error``."""
    fail(400, message, error={"path": path, "message": message})


def read(request: Request, known: set[str] | None) -> dict[str, Any]:
    """Return the JSON object of a body; fields that are not ``known`` are refused."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        fail(400, "Invalid JSON body.")
    if not isinstance(body, dict):
        fail(400, "The body must be an object.")
    for name, value in body.items():
        if known is not None and name not in known:
            refuse(name, f"Unrecognized field: {name}")
        _check_length(name, value)
    return body


def _check_length(name: str, value: object) -> None:
    if isinstance(value, dict):
        for inner, content in value.items():
            _check_length(inner, content)
    elif isinstance(value, str) and len(value) > 498:
        refuse(name, "Some body key or value is longer than allowable")


def check_query(request: Request) -> None:
    """Refuse parameters that the route does not have."""
    path = f"/{request.path.partition('/api/')[2]}"
    for name in request.query:
        if name not in _QUERY.get(path, set()):
            refuse(name, f"Unrecognized parameter: {name}")


def whole(request: Request, name: str, default: int) -> int:
    """Return a parameter of the query that is a whole number; the newer endpoints' refusal."""
    value = request.query.get(name, "")
    if value and not (value.isascii() and value.isdigit() and len(value) < 10):
        # The newer endpoints answer with the message alone.
        raise RefusedError(400, {"message": f"{name} must be a whole number."})
    return int(value) if value else default


def check_mapping(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object under ``name``, an empty one when it is absent."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        refuse(name, f"{name} must be an object.")
    return value or {}


def check_email(value: object) -> str:
    """Refuse what is no address."""
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        refuse("email", "Invalid email address.")
    return value


def one_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Return exactly one of email and userId."""
    named = {key: str(given[key]) for key in ("email", "userId") if given.get(key)}
    if len(named) != 1:
        fail(400, "Include only one of email or userId.")
    if "email" in named:
        check_email(named["email"])
    return named
