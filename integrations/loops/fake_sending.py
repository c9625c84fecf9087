"""The fake's emails and events."""

import base64
from datetime import UTC, datetime
from typing import Any

from integrations.core.wire import Request
from integrations.loops.fake_audience import known_fields, upsert
from integrations.loops.fake_state import TEST_DOMAINS, Email, State, Template, fill
from integrations.loops.fake_vendor import (
    RefusedError,
    check_email,
    check_mapping,
    fail,
    read,
    refuse,
    whole,
)

_WINDOW_S = 24 * 3600
_MAX_BYTES = 4_000_000


def api_key(state: State, request: Request, now: float) -> object:
    """Name the team."""
    return {"success": True, "teamName": "Example Team"}


def sending_ips(state: State, request: Request, now: float) -> object:
    """List the addresses of the specification's example."""
    return ["52.21.45.123", "52.21.45.124", "52.21.45.125"]


def transactional(state: State, request: Request, now: float) -> object:
    """Take an email, in the order of checks: the fields, the template, its variables, the key."""
    fields = {"email", "transactionalId", "addToAudience", "dataVariables", "attachments"}
    body = read(request, fields)
    to = check_email(body.get("email"))
    template = _template(state, body.get("transactionalId"))
    given = check_mapping(body, "dataVariables")
    _check_variables(template, given)
    files = _attachments(body.get("attachments") or [], len(request.body))
    if files and not state.attachments_enabled:
        fail(400, "Attachments are not enabled for your account.", path="attachments")
    _use_key(state, request, now)
    if body.get("addToAudience") and state.contact(email=to) is None:
        upsert(state, {"email": to})
    _accept(state, template, to, given, files)
    return {"success": True}


def event(state: State, request: Request, now: float) -> object:
    """Take an event; other top-level fields change the contact."""
    own = {"eventName", "eventProperties"}
    body = read(request, {*own, *known_fields(state)})
    if not isinstance(body.get("eventName"), str) or not body["eventName"]:
        fail(400, "eventName is required.")
    properties = check_mapping(body, "eventProperties")
    _use_key(state, request, now)
    contact = upsert(state, {key: value for key, value in body.items() if key not in own})
    state.events.append(
        {"eventName": body["eventName"], "email": contact["email"], "eventProperties": properties}
    )
    return {"success": True}


def list_transactional(state: State, request: Request, now: float) -> object:
    """List the transactional emails, newest first, in pages."""
    per_page, start = whole(request, "perPage", 20), whole(request, "cursor", 0)
    if not 10 <= per_page <= 50:
        raise RefusedError(400, {"message": "perPage must be between 10 and 50."})
    every = list(reversed(state.templates.values()))
    shown, rest = every[start : start + per_page], every[start + per_page :]
    pages = -(-len(every) // per_page)
    return {
        "pagination": {
            "totalResults": len(every),
            "returnedResults": len(shown),
            "perPage": per_page,
            "totalPages": pages,
            "nextCursor": str(start + per_page) if rest else None,
            "nextPage": f"https://app.loops.so/api{request.path}?cursor={start + per_page}"
            if rest
            else None,
        },
        "data": [_listed(each) for each in shown],
    }


def bounce(state: State, email: str) -> None:
    """Let the last email to an address bounce hard; Loops then suppresses the contact."""
    sent = next((each for each in reversed(state.emails) if each.to == email), None)
    if sent is None:
        raise LookupError(f"no email was sent to {email!r}, so none can bounce")
    contact = state.contact(email=email) or upsert(state, {"email": email})
    contact["subscribed"] = False
    state.suppressed.add(email)
    state.emit("email.hardBounced", contact, **_source(sent))
    state.emit("contact.unsubscribed", contact)


def _template(state: State, wanted: object) -> Template:
    if not isinstance(wanted, str) or not wanted:
        refuse("transactionalId", "transactionalId is required.")
    template = state.templates.get(wanted)
    if template is None:
        message = "Transactional email not found."
        fail(404, message, error={"path": "transactionalId", "message": message})
    if not template.published:
        message = "Transactional email is not published."
        fail(400, message, error={"path": "transactionalId", "reason": message})
    return template


def _check_variables(template: Template, given: dict[str, Any]) -> None:
    bad = [key for key, value in given.items() if value is None or isinstance(value, bool)]
    missing = template.missing(given)
    if not bad and not missing:
        return
    message = (
        f"Missing required data variable(s): {', '.join(missing)}"
        if missing
        else f"Invalid data variable(s): {', '.join(bad)}"
    )
    error = {"path": "dataVariables", "message": message}
    fail(400, message, error=error, transactionalId=template.id)


def _attachments(files: object, size: int) -> tuple[str, ...]:
    if size >= _MAX_BYTES:
        fail(400, "The email is larger than 4 MB.", path="attachments")
    if not isinstance(files, list):
        fail(400, "attachments must be a list.", path="attachments")
    for each in files:
        if not isinstance(each, dict) or set(each) != {"filename", "contentType", "data"}:
            fail(400, "An attachment has filename, contentType and data.", path="attachments")
        try:
            base64.b64decode(each["data"], validate=True)
        except (TypeError, ValueError):
            fail(400, "An attachment's data is not base64.", path="attachments")
    return tuple(str(each["filename"]) for each in files)


def _use_key(state: State, request: Request, now: float) -> None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return
    if len(key) > 100:
        fail(400, "The idempotency key is longer than 100 characters.")
    if key in state.keys and state.keys[key] > now - _WINDOW_S:
        fail(409, f"Request with idempotency key {key} has already been processed.")
    state.keys[key] = now


def _accept(
    state: State, template: Template, to: str, given: dict[str, Any], files: tuple[str, ...]
) -> None:
    domain = to.rpartition("@")[2].lower()
    delivered = domain not in TEST_DOMAINS and to not in state.suppressed
    subject, body = fill(template.subject, given), fill(template.body, given)
    sent = Email(state.new_id(), to, template.id, subject, body, given, files, delivered)
    state.emails.append(sent)
    if not delivered:
        return
    contact = state.contact(email=to) or {"id": state.new_id(), "email": to, "userId": None}
    source = _source(sent)
    state.emit(
        "transactional.email.sent",
        contact,
        transactionalId=template.id,
        transactionalName=template.name,
        email=source["email"],
    )
    state.emit("email.delivered", contact, **source)


def _source(sent: Email) -> dict[str, Any]:
    return {
        "sourceType": "transactional",
        "transactionalId": sent.transactional_id,
        "email": {"id": sent.id, "emailMessageId": f"{sent.id}m", "subject": sent.subject},
    }


def _listed(template: Template) -> dict[str, Any]:
    at = datetime(2026, 1, 2, tzinfo=UTC).isoformat(sep=" ", timespec="microseconds")
    return {
        "id": template.id,
        "url": f"https://app.loops.so/transactional/{template.id}",
        "name": template.name,
        "draftEmailMessageId": None if template.published else f"{template.id}d",
        "publishedEmailMessageId": f"{template.id}p" if template.published else None,
        "transactionalGroupId": f"{template.id}g",
        "createdAt": at,
        "updatedAt": at,
        "dataVariables": list(template.variables) if template.published else [],
    }
