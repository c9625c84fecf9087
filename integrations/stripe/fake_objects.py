"""Objects with every field that the SDK's typed classes name.

A blank is made from a class's annotations: None where it may be null, an empty list, nested
objects likewise. Builders then put in what is known, so that no field is forgotten.
"""

import typing
from copy import deepcopy
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from integrations.stripe.arguments import MAX_METADATA
from integrations.stripe.fake_state import Obj, State, fail

# In the classes, but absent unless it is so, or unless it is asked for with expand.
_ABSENT = """
deleted confirmation_secret payments customer_account sources subscriptions tax_ids cash_balance
currency_options tiers refunds line_items
"""
ABSENT = frozenset(_ABSENT.split())
# Objects that name one kind of payment each: the others' fields are absent, not null.
SPARSE = frozenset({"payment_method", "payment_method_details", "payment_method_options"})


@cache
def sdk_class(kind: str) -> Any:
    """Return the SDK's class of an ``object`` name such as ``"checkout.session"``."""
    from stripe._object_classes import get_object_class

    return get_object_class("V1", kind)


@cache
def _blank(cls: Any, *, sparse: bool) -> Obj:
    made: Obj = {}
    for name, hint in cls.__annotations__.items():
        if name.startswith("_") or name in ABSENT or get_origin(hint) is typing.ClassVar:
            continue
        optional = type(None) in get_args(hint)
        if sparse and optional and _nested(hint):
            continue
        made[name] = None if optional else _default(hint)
    return made


def _nested(hint: Any) -> bool:
    from stripe import StripeObject

    return any(isinstance(each, type) and issubclass(each, StripeObject) for each in get_args(hint))


def _default(hint: Any) -> Any:
    from stripe import StripeObject

    hint = _evaluated(hint)
    origin = get_origin(hint)
    if origin is Literal:
        return get_args(hint)[0]
    if origin is Union:
        return _default(get_args(hint)[0])
    if origin is not None:
        listed = "ListObject" in str(origin)
        return _empty_list() if listed else {} if origin is dict else [] if origin is list else {}
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return {} if "Untyped" in hint.__name__ else deepcopy(_blank(_any(hint), sparse=False))
    return {str: "", int: 0, bool: False, float: 0.0}.get(hint)


def _any(cls: Any) -> Any:
    return cls


def _evaluated(hint: Any) -> Any:
    """Resolve a quoted enumeration; a quoted class is another object, which builders put in."""
    text = hint if isinstance(hint, str) else getattr(hint, "__forward_arg__", None)
    if text is None:
        return hint
    holder = type("Holder", (), {"__annotations__": {"value": text}})
    try:
        return typing.get_type_hints(holder, vars(typing))["value"]
    except (NameError, TypeError):
        return None


def _empty_list() -> Obj:
    return {"object": "list", "data": [], "has_more": False, "url": ""}


def build(kind: str, /, **known: Any) -> Obj:
    """Return an object of ``kind`` with what is known of it.

    A dict for a nested object is laid over that object's blank.
    """
    made = deepcopy(_blank(sdk_class(kind), sparse=kind in SPARSE))
    for key, value in known.items():
        blank = made.get(key)
        over = isinstance(value, dict) and isinstance(blank, dict) and "object" not in value
        made[key] = {**blank, **value} if over and blank else value
    made["object"] = kind
    if "livemode" in made:
        made["livemode"] = False
    return made


def create(state: State, kind: str, /, **known: Any) -> Obj:
    """Build an object with a new id and keep it."""
    owner = known.get("customer")
    clocked = {"object": kind, "customer": owner, "test_clock": known.get("test_clock")}
    made = build(kind, **{"id": state.new_id(kind), "created": state.now(clocked), **known})
    return state.add(made)


def merge_metadata(obj: Obj, given: Any) -> Obj:
    """Return ``obj``'s metadata with changes: an empty value unsets a key, ``""`` unsets all."""
    if given == "":
        return {}
    merged = {**obj.get("metadata", {}), **(given or {})}
    kept = {key: value for key, value in merged.items() if value != ""}
    if len(kept) > MAX_METADATA:
        fail(f"You can have up to {MAX_METADATA} metadata keys.", param="metadata")
    return kept


def page(data: list[Obj], url: str) -> Obj:
    """Return a whole list as a list object."""
    return {"object": "list", "data": data, "has_more": False, "url": url}
