"""Parameters checked against the SDK's own typed params, and turned into their types.

The classes in ``stripe/params`` are generated from Stripe's API description of the pinned version,
so what they do not list, the API refuses. They are imported when first needed.
"""

import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal, Union, get_args, get_origin

from integrations.stripe.arguments import MAX_METADATA_KEY, MAX_METADATA_VALUE
from integrations.stripe.fake_forms import as_list
from integrations.stripe.fake_state import Obj, fail

# Removed with 2026-09-30.endive (https://docs.stripe.com/changelog/endive, read 2026-11).
RETIRED = ("checkout.session_create", "payment_intent_create", "setup_intent_create")

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@cache
def params_class(operation: str) -> Any:
    """Return the SDK's params class of an operation such as ``"checkout.session_create"``."""
    package, _, name = operation.rpartition(".")
    path = ".".join(part for part in ("stripe.params", package, f"_{name}_params") if part)
    return getattr(import_module(path), "".join(w.title() for w in name.split("_")) + "Params")


@cache
def fields(params: Any) -> Mapping[str, Any]:
    """Return the parameters of a params class with their types."""
    from stripe._request_options import RequestOptions

    own = {
        k: v for k, v in params.__annotations__.items() if k not in RequestOptions.__annotations__
    }
    holder = type("Holder", (), {"__annotations__": own, "__module__": params.__module__})
    return typing.get_type_hints(holder)


def check(operation: str, given: Obj) -> Obj:
    """Return the parameters of an operation as ints, bools, lists and dicts.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: a parameter that is unknown, retired, missing,
            or of another type.
    """
    if operation in RETIRED and "payment_method_types" in given:
        fail(
            "The parameter payment_method_types is no longer supported. Payment methods are "
            "managed in the Dashboard; use excluded_payment_method_types to leave some out.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )
    return _typed_dict(params_class(operation), given, "")


def _inside(where: str, key: str) -> str:
    return f"{where}[{key}]" if where else key


def _typed_dict(params: Any, given: Obj, where: str) -> Obj:
    known = fields(params)
    for key in given:
        if key not in known:
            name = _inside(where, key)
            fail(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
    for key in params.__required_keys__:
        if key in known and key not in given:
            name = _inside(where, key)
            fail(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return {key: _value(known[key], value, _inside(where, key)) for key, value in given.items()}


def _value(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _any_of(get_args(hint), value, where)
    if origin is list:
        return _list(get_args(hint)[0], value, where)
    if typing.is_typeddict(hint) or getattr(hint, "__required_keys__", None) is not None:
        return _group(hint, value, where)
    if origin is dict:
        return _map(value, where)
    if origin is Literal:
        return _one_of(get_args(hint), value, where)
    return _plain(hint, value, where)


def _any_of(hints: tuple[Any, ...], value: Any, where: str) -> Any:
    """Take the alternative that fits; an enumeration with ``str`` beside it stays one."""
    if value == "" and any(get_origin(each) is Literal and "" in get_args(each) for each in hints):
        return ""
    choices = [c for h in hints if get_origin(h) is Literal for c in get_args(h) if c != ""]
    rest = [h for h in hints if get_origin(h) is not Literal and _is_data(h)]
    if isinstance(value, dict):
        rest = [each for each in rest if _is_group(each)] or rest
    else:
        rest = [each for each in rest if not _is_group(each)] or rest
    if choices and (value in choices or rest in ([], [str])):
        return _one_of(tuple(choices), value, where)
    return _value(rest[0], value, where)


def _is_data(hint: Any) -> bool:
    return hint is not type(None) and "StripeObject" not in str(hint)


def _is_group(hint: Any) -> bool:
    return get_origin(hint) in (list, dict) or hasattr(hint, "__required_keys__")


def _list(member: Any, value: Any, where: str) -> list[Any]:
    members = as_list(value)
    if members is None:
        fail("Invalid array", param=where)
    return [_value(member, each, f"{where}[{n}]") for n, each in enumerate(members)]


def _group(params: Any, value: Any, where: str) -> Obj:
    if not isinstance(value, dict):
        fail("Invalid object", param=where)
    return _typed_dict(params, value, where)


def _map(value: Any, where: str) -> Obj:
    if not isinstance(value, dict):
        fail("Invalid object", param=where)
    for key, each in value.items():
        if not isinstance(each, str):
            fail("Metadata values must be strings.", param=_inside(where, key))
        for name, text, most in (
            ("keys", key, MAX_METADATA_KEY),
            ("values", each, MAX_METADATA_VALUE),
        ):
            if len(text) > most:
                said = f"Metadata {name} can have up to {most} characters."
                fail(said, param=_inside(where, key))
    return dict(value)


def _one_of(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    named = {str(each).lower() if isinstance(each, bool) else each: each for each in choices}
    if not isinstance(value, str) or value not in named:
        listed = ", ".join(str(each) for each in choices)
        fail(f"Invalid {where}: must be one of {listed}", param=where)
    return named[value]


def _plain(hint: Any, value: Any, where: str) -> Any:
    if isinstance(value, dict):
        fail(f"Invalid string: {dict(value)}", param=where)
    if hint is bool:
        return _one_of((True, False), value, where)
    if hint is int:
        return int(_number(_WHOLE, "integer", value, where))
    if hint is float:
        return float(_number(_NUMBER, "decimal", value, where))
    if getattr(hint, "__name__", "") == "Decimal":
        return _number(_NUMBER, "decimal", value, where)
    if value == "":
        fail(
            f"You passed an empty string for '{where}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{where}' cannot be unset.",
            param=where,
            code="parameter_invalid_empty",
        )
    return value


def _number(pattern: "re.Pattern[str]", word: str, value: str, where: str) -> str:
    if not pattern.fullmatch(value):
        code = f"parameter_invalid_{word}" if word == "integer" else None
        fail(f"Invalid {word}: {value}", param=where, code=code)
    return value
