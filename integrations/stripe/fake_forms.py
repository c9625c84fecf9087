"""Form bodies as Stripe reads them: ``items[0][price]=…`` becomes nested dicts and lists."""

import re
from typing import Any
from urllib.parse import parse_qsl

from integrations.stripe.fake_state import Obj, fail

MAX_DEPTH = 20
MAX_FIELDS = 2000

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INDEX = re.compile(r"[0-9]{1,4}")
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(text: str) -> Obj:
    """Read a form body or a query.

    An index, ``a[0]``, and an empty one, ``a[]``, make a list; anything else makes a dict.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: a name that is not one, or one used both for a
            value and for a group.
    """
    root: Obj = {}
    for name, value in _pairs(text):
        whole = _NAME.fullmatch(name)
        if whole is None:
            fail(f"Invalid request: unable to parse parameter name: {name}", param=name)
        _put(root, [whole[1], *_PART.findall(whole[2])], value, name)
    return {key: _listed(value) for key, value in root.items()}


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        fail(f"Invalid request: more than {MAX_FIELDS} parameters.")


def _put(root: Obj, path: list[str], value: str, name: str) -> None:
    if len(path) > MAX_DEPTH:
        fail(f"Invalid request: parameter nested too deeply: {name}", param=name)
    here = root
    for part in path[:-1]:
        here = here.setdefault(_slot(here, part), {})
        if not isinstance(here, dict):
            fail(f"Invalid request: conflicting values for parameter: {name}", param=name)
    last = _slot(here, path[-1])
    if isinstance(here.get(last), dict):
        fail(f"Invalid request: conflicting values for parameter: {name}", param=name)
    here[last] = value


def _slot(here: Obj, part: str) -> str:
    return part or str(len(here))


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(each) for key, each in value.items()}
    if inner and all(_INDEX.fullmatch(key) for key in inner):
        return _Indexed(inner)
    return inner


class _Indexed(dict[str, Any]):
    """Numbered members: a list where one is expected, else a dict with numbers for keys."""


def as_list(value: Any) -> list[Any] | None:
    """Return the members in the order of their numbers, or None for what is no list."""
    if not isinstance(value, _Indexed):
        return None
    return [value[key] for key in sorted(value, key=int)]
