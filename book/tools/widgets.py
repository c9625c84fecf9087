"""Give saved widgets stable names, so that running a notebook again changes no byte."""

import json
import re
from collections.abc import Iterator
from typing import Any

STATE_MIME = "application/vnd.jupyter.widget-state+json"
VIEW_MIME = "application/vnd.jupyter.widget-view+json"
_MODEL_ID = re.compile(r"[0-9a-f]{32}")
_REFERENCE = re.compile(r"IPY_MODEL_([0-9a-f]{32})")


def shown_models(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield the ids of the widgets that outputs show, in the order of the page."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get(VIEW_MIME)
            if view:
                yield view["model_id"]


def _references(model: object) -> list[str]:
    return _REFERENCE.findall(json.dumps(model, sort_keys=True))


def _reachable(state: dict[str, Any], shown: Iterator[str]) -> list[str]:
    """List models in order of first appearance: each one, then what it is made of."""
    order: list[str] = []
    waiting = [model for model in shown if model in state]
    while waiting:
        model = waiting.pop(0)
        if model not in order:
            order.append(model)
            waiting.extend(name for name in _references(state[model]) if name in state)
    return order


def _links(state: dict[str, Any], kept: list[str]) -> list[str]:
    """List the models that nothing shows and that connect shown ones, as `jslink` does."""
    found = []
    for name, model in state.items():
        ends = _references(model)
        if name not in kept and ends and all(end in kept for end in ends):
            found.append((json.dumps([kept.index(end) for end in ends]), name))
    return [name for _, name in sorted(found)]


def normalise_widgets(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with its widget models renamed, sorted, and orphans dropped."""
    saved = notebook["metadata"].get("widgets", {}).get(STATE_MIME)
    if not saved:
        notebook["metadata"].pop("widgets", None)
        return notebook
    state = saved["state"]
    kept = _reachable(state, shown_models(notebook))
    kept += _links(state, kept)
    saved["state"] = {name: state[name] for name in kept}
    names = {old: f"{number:032x}" for number, old in enumerate(kept, start=1)}
    # One pass over the text: an old name may equal another model's new name.
    text = _MODEL_ID.sub(lambda m: names.get(m[0], m[0]), json.dumps(notebook))
    renamed: dict[str, Any] = json.loads(text)
    if not kept:
        del renamed["metadata"]["widgets"]
    return renamed
