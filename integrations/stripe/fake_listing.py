"""Lists page by page, and ``expand``."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from integrations.stripe.fake_state import Obj, State, fail

MAX_LEVELS = 4

# Which object an id belongs to, by its prefix.
KINDS = {
    "cus_": "customer",
    "prod_": "product",
    "price_": "price",
    "pm_": "payment_method",
    "pi_": "payment_intent",
    "seti_": "setup_intent",
    "ch_": "charge",
    "txn_": "balance_transaction",
    "re_": "refund",
    "du_": "dispute",
    "cs_": "checkout.session",
    "sub_": "subscription",
    "in_": "invoice",
    "inpay_": "invoice_payment",
    "clock_": "test_helpers.test_clock",
}


def listed(objects: Iterable[Obj], params: Obj, url: str) -> Obj:
    """Return one page of ``objects``, which come newest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        code = "parameter_invalid_integer"
        fail(f"Invalid integer: {limit}: must be from 1 to 100", param="limit", code=code)
    found = [each for each in objects if _created(each, params.get("created"))]
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        fail("You cannot use both starting_after and ending_before.", param="ending_before")
    if before:
        found = found[: _index(found, before, "ending_before")]
        return _page(found[-limit:], len(found) > limit, url)
    if after:
        found = found[_index(found, after, "starting_after") + 1 :]
    return _page(found[:limit], len(found) > limit, url)


def _page(data: list[Obj], more: bool, url: str) -> Obj:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _index(found: list[Obj], id: str, param: str) -> int:
    ids = [each["id"] for each in found]
    if id not in ids:
        fail(f"No such object: '{id}'", param=param, code="resource_missing")
    return ids.index(id)


def _created(obj: Obj, wanted: Any) -> bool:
    if wanted is None:
        return True
    at = obj["created"]
    if isinstance(wanted, int):
        return bool(at == wanted)
    tests: dict[str, Callable[[int], bool]] = {
        "gt": lambda limit: at > limit,
        "gte": lambda limit: at >= limit,
        "lt": lambda limit: at < limit,
        "lte": lambda limit: at <= limit,
    }
    return all(tests[name](limit) for name, limit in wanted.items())


Includable = Callable[[State, Obj], object]

# Fields that are absent until they are asked for.
INCLUDABLE: dict[tuple[str, str], Includable] = {}


def expand(state: State, answer: Obj, paths: list[str]) -> Obj:
    """Return a copy of ``answer`` with ids replaced by the objects they name.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: a path that leads to nothing that can be
            expanded.
    """
    made = deepcopy(answer)
    for number, path in enumerate(paths):
        if path.count(".") >= MAX_LEVELS:
            fail(
                f"You cannot expand more than {MAX_LEVELS} levels of a property. Property: {path}",
                param=f"expand[{number}]",
            )
        _follow(state, made, path.split("."), path, number)
    return made


def _follow(state: State, at: Any, steps: list[str], path: str, number: int) -> None:
    if isinstance(at, list):
        for each in at:
            _follow(state, each, steps, path, number)
        return
    if not steps or at is None:
        return
    key = steps[0]
    include = INCLUDABLE.get((at.get("object", ""), key)) if isinstance(at, dict) else None
    if include and key not in at:
        at[key] = deepcopy(include(state, at))
    if not isinstance(at, dict) or key not in at:
        fail(
            f"This property cannot be expanded ({key}). You may want to try expanding "
            f"'data.{path}' instead.",
            param=f"expand[{number}]",
        )
    at[key] = _resolved(state, at[key])
    _follow(state, at[key], steps[1:], path, number)


def _resolved(state: State, value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(state, each) for each in value]
    if not isinstance(value, str):
        return value
    kind = KINDS.get(value[: value.find("_") + 1])
    return deepcopy(state.find(kind, value)) if kind and state.find(kind, value) else value
