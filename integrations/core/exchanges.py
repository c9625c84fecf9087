"""What stood on the wire, for people to look at: requests, responses, outboxes. No secrets."""

import json
import re
from html import escape
from itertools import compress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from integrations.core.log import REDACTED, redact_headers, redact_url
from integrations.core.views import BOX, MONO, moment, table

if TYPE_CHECKING:
    from integrations.core.outbox import Outbox
    from integrations.core.wire import Request, Response

# ``body`` is a text message's: it may hold a login code.
_PRIVATE = re.compile(r"link|url|code|token|secret|password|data$|^body$", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


# An account's id is most of a path, and says nothing in a list; the exchange itself has it whole.
_LONG_ID = re.compile(r"(?<=/)(\w{6})\w{20,}(?=/|$)")


def _short(path: str) -> str:
    return _LONG_ID.sub(r"\1…", path)


def outbox(kept: "Outbox") -> str:
    """Return the table of an outbox: when, what, to whom, and the end of it.

    A column in which nothing stands is left out, such as the keys of a service that has none.
    """
    names = ("time", "request", "concerns", "idempotency key", "outcome")
    lines = [
        (
            moment(each.at)[11:19],
            f"{each.request.method} {_short(each.request.path)}",
            _concerns(each.request),
            each.request.headers.get("idempotency-key", ""),
            each.outcome,
        )
        for each in kept
    ]
    used = [any(column) for column in zip(*lines, strict=True)] or [True] * len(names)
    return table([*compress(names, used)], [[*compress(line, used)] for line in lines], "Outbox")


def exchange(request: "Request", response: "Response | None" = None, outcome: str = "") -> str:
    """Return a request, and its response, as they stood on the wire, without their secrets."""
    lines = [
        f"{request.method} {redact_url(request.url)}",
        *_headers(redact_headers(request.headers)),
        "",
    ]
    text = escape("\n".join(lines) + _body(request))
    if response is not None:
        answer = [f"HTTP {response.status}", *_headers(redact_headers(response.headers)), ""]
        text += "\n\n" + escape("\n".join(answer) + _body(response))
    elif outcome:
        text += f"\n\n— {escape(outcome)} —"
    return (
        f'<div style="{BOX}"><pre style="{MONO};margin:0;white-space:pre-wrap">{text}</pre></div>'
    )


def _headers(headers: Any) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items() if name not in _PLUMBING]


# Set by the HTTP library; they differ by version and teach nothing.
_PLUMBING = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}


def _body(message: "Request | Response") -> str:
    body = message.body
    if not body:
        return ""
    if message.headers.get("content-type", "").startswith(_FORM):
        return "\n".join(f"{name}={_field(name, value)}" for name, value in _form(body))
    try:
        return json.dumps(_shown(json.loads(body)), indent=2, ensure_ascii=False)
    except ValueError:
        return f"({len(body)} bytes)"


def _form(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _field(name: str, value: str) -> str:
    return REDACTED if _PRIVATE.search(name) else value


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _hidden(inner) if _PRIVATE.search(name) else _shown(inner)
            for name, inner in value.items()
        }
    return [_shown(item) for item in value] if isinstance(value, list) else value


def _hidden(value: Any) -> Any:
    """Replace what a private name holds; an object has names of its own."""
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    plain = value is None or isinstance(value, (bool, dict))
    return _shown(value) if plain else REDACTED


# How the vendors call whom a request is about.
_WHO = ("email", "userId", "To", "customer", "metadata[user_id]")


def _concerns(request: "Request") -> str:
    try:
        if request.headers.get("content-type", "").startswith(_FORM):
            sent: Any = dict(_form(request.body))
        else:
            sent = request.json() if request.body else request.query
    except ValueError:
        return ""
    if not isinstance(sent, dict):
        return ""
    return str(next((sent[name] for name in _WHO if sent.get(name)), ""))
