"""The fake's contacts, suppressions, properties and lists."""

import re
from typing import Any

from integrations.core.wire import Request
from integrations.loops.fake_state import State
from integrations.loops.fake_vendor import check_email, check_mapping, fail, one_of, read, refuse
from integrations.loops.models import STANDARD_FIELDS

REMOVAL_LIMIT = 5
_QUOTA_S = 30 * 24 * 3600
_WRITABLE = STANDARD_FIELDS - {"id", "optInStatus"}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (str, int),
}
_STANDARD = ("email", "firstName", "lastName", "source", "subscribed", "userGroup", "userId")
_STANDARD_TYPES = {name: "boolean" if name == "subscribed" else "string" for name in _STANDARD}


def create(state: State, request: Request, now: float) -> object:
    """Create a contact; 409 when the email or the user id exists."""
    body = read(request, known_fields(state))
    check_email(body.get("email"))
    for name, what in (("email", "Email"), ("userId", "userId")):
        if body.get(name) and state.contact(**{name: body[name]}):
            fail(409, f"{what} already on list.")
    return {"success": True, "id": upsert(state, body)["id"]}


def update(state: State, request: Request, now: float) -> object:
    """Update a contact, or create it."""
    body = read(request, known_fields(state))
    return {"success": True, "id": upsert(state, body)["id"]}


def find(state: State, request: Request, now: float) -> object:
    """Return a list of one contact, or an empty one: never 404."""
    contact = state.contact(**one_of(request.query))
    return [contact] if contact else []


def delete(state: State, request: Request, now: float) -> object:
    """Delete a contact; ``contact.unsubscribed`` comes with ``contact.deleted``."""
    contact = _known(state, one_of(read(request, {"email", "userId"})))
    del state.contacts[contact["id"]]
    state.emit("contact.unsubscribed", contact)
    state.emit("contact.deleted", contact)
    return {"success": True, "message": "Contact deleted."}


def suppression(state: State, request: Request, now: float) -> object:
    """Tell whether a contact is suppressed."""
    contact = _known(state, one_of(request.query))
    return {
        "contact": {key: contact[key] for key in ("id", "email", "userId")},
        "isSuppressed": contact["email"] in state.suppressed,
        "removalQuota": _quota(state, now),
    }


def remove_suppression(state: State, request: Request, now: float) -> object:
    """Lift a suppression, within the quota of 30 days."""
    contact = _known(state, one_of(request.query))
    if contact["email"] not in state.suppressed:
        fail(400, "Contact is not suppressed.")
    if not _quota(state, now)["remaining"]:
        fail(400, "Suppression removal limit reached.")
    state.suppressed.remove(contact["email"])
    state.removals.append(now)
    return {
        "success": True,
        "message": "Email removed from suppression list.",
        "removalQuota": _quota(state, now),
    }


def list_properties(state: State, request: Request, now: float) -> object:
    """List the custom properties, and with ``list=all`` the standard ones before them."""
    wanted = request.query.get("list", "all")
    if wanted not in ("all", "custom"):
        refuse("list", "list must be all or custom.")
    chosen = state.properties if wanted == "custom" else {**_STANDARD_TYPES, **state.properties}
    return [{"key": key, "label": _label(key), "type": kind} for key, kind in chosen.items()]


def create_property(state: State, request: Request, now: float) -> object:
    """Create a custom property."""
    body = read(request, {"name", "type"})
    name = body.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][A-Za-z0-9]*", name):
        fail(400, "Property name must be in camelCase.")
    if body.get("type") not in tuple(_TYPES):
        fail(400, "Invalid property type.")
    if name in state.properties or name in STANDARD_FIELDS:
        fail(400, "Property already exists.")
    state.properties[name] = body["type"]
    return {"success": True}


def list_lists(state: State, request: Request, now: float) -> object:
    """List the mailing lists."""
    return list(state.lists.values())


def known_fields(state: State) -> set[str]:
    """Return the fields a contact may be given: Loops' own and the custom ones."""
    return {*_WRITABLE, *state.properties}


def upsert(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """Change the contact that matches by email or user id, or create one."""
    if not body.get("email") and not body.get("userId"):
        fail(400, "Email or userId is required.")
    if body.get("email"):
        check_email(body["email"])
    _check_values(state, body)
    contact = state.contact(email=body.get("email"), userId=body.get("userId"))
    lists = check_mapping(body, "mailingLists")
    fields = {key: value for key, value in body.items() if key != "mailingLists"}
    if contact is None:
        contact = _new_contact(state)
        contact.update(fields)
        state.contacts[contact["id"]] = contact
        _subscribe(contact, lists)
        state.emit("contact.created", contact, contact=dict(contact))
        return contact
    was_subscribed = contact["subscribed"]
    contact.update(fields)
    if was_subscribed and not contact["subscribed"]:
        state.emit("contact.unsubscribed", contact)
    for each in _subscribe(contact, lists):
        word = "subscribed" if lists[each] else "unsubscribed"
        state.emit(f"contact.mailingList.{word}", contact, mailingList=state.lists[each])
    return contact


def _new_contact(state: State) -> dict[str, Any]:
    return {
        "id": state.new_id(),
        "email": None,
        "firstName": None,
        "lastName": None,
        "source": "API",
        "subscribed": True,
        "userGroup": "",
        "userId": None,
        "mailingLists": {},
        "optInStatus": None,
    }


def _subscribe(contact: dict[str, Any], lists: dict[str, bool]) -> list[str]:
    """Change the contact's lists; return the ids of those that changed."""
    changed = [each for each, on in lists.items() if contact["mailingLists"].get(each, False) != on]
    kept = {**contact["mailingLists"], **lists}
    # The API shows only the lists a contact is on, each with true.
    contact["mailingLists"] = {each: True for each, on in kept.items() if on}
    return changed


def _check_values(state: State, body: dict[str, Any]) -> None:
    for name in check_mapping(body, "mailingLists"):
        if name not in state.lists:
            fail(400, f"Mailing list not found: {name}")
    for name, kind in {**_STANDARD_TYPES, **state.properties}.items():
        value = body.get(name)
        # To Python, True is a number.
        fits = isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
        if value is not None and not fits:
            refuse(name, f"{name} must be of type {kind}.")


def _known(state: State, named: dict[str, str]) -> dict[str, Any]:
    contact = state.contact(**named)
    if contact is None:
        fail(404, "Contact not found.")
    return contact


def _quota(state: State, now: float) -> dict[str, int]:
    used = sum(1 for at in state.removals if at > now - _QUOTA_S)
    return {"limit": REMOVAL_LIMIT, "remaining": REMOVAL_LIMIT - used}


def _label(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).capitalize()
