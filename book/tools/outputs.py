"""Compare the outputs that a notebook was committed with and those that its page shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

from book.tools.widgets import STATE_MIME, VIEW_MIME

PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
# What draws by itself, and has no text that could be missed.
DRAWN = ("svg", "img", "table", "canvas", "video", "audio")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def missing_outputs(notebook: Path, page: BeautifulSoup) -> Iterator[str]:
    """Name the cells whose committed output the page does not show."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    expected = [cell for cell in cells if cell["cell_type"] == "code" and cell["outputs"]]
    blocks = page.select("div.cell_output")
    if not expected:
        yield "no cell has an output: run `make notebooks`"
    if len(blocks) != len(expected):
        yield f"{len(expected)} cells have outputs, the page shows {len(blocks)}"
        return
    state = _widget_state(page)
    for cell, block in zip(expected, blocks, strict=True):
        for output in cell["outputs"]:
            if problem := _missing(output, block, state):
                yield f"cell {cell['execution_count']}: {problem}"


def _missing(output: dict[str, Any], block: Tag, state: dict[str, Any]) -> str:
    data = output.get("data", {})
    if VIEW_MIME in data:
        return _missing_widget(data[VIEW_MIME]["model_id"], block, state)
    if "text/html" in data:
        return _missing_markup("".join(data["text/html"]), block)
    if any(mime in data for mime in PICTURES):
        return "" if block.find(["img", "svg", "object"]) else "its picture is not on the page"
    return _missing_text(_plain(output), block)


def _missing_widget(model: str, block: Tag, state: dict[str, Any]) -> str:
    views = [json.loads(view.get_text()) for view in block.find_all("script", type=VIEW_MIME)]
    if model not in [view["model_id"] for view in views]:
        return "its widget is not on the page"
    return "" if model in state else "its widget has no saved state, so nothing is drawn"


def _missing_markup(markup: str, block: Tag) -> str:
    wanted = BeautifulSoup(markup, "html.parser")
    for tag in DRAWN:
        if len(block.find_all(tag)) < len(wanted.find_all(tag)):
            return f"its <{tag}> is not on the page"
    return _missing_text(_visible(wanted), block)


def _missing_text(text: str, block: Tag) -> str:
    if _squeeze(text) in _squeeze(_visible(block)):
        return ""
    return f"its output is not on the page: {text.strip()[:60]!r}"


def _plain(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        return "\n".join(output["traceback"])
    data = output.get("data", {})
    text = "".join(output.get("text") or data.get("text/plain") or "")
    # Markdown and LaTeX are drawn, so their words cannot be looked for one by one.
    return "" if {"text/markdown", "text/latex"} & set(data) else text


def _visible(node: Tag) -> str:
    hidden = ("script", "style", "template")
    texts = node.find_all(string=True)
    return "".join(text for text in texts if text.parent and text.parent.name not in hidden)


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", ANSI.sub("", text))


def _widget_state(page: BeautifulSoup) -> dict[str, Any]:
    saved: dict[str, Any] = {}
    for script in page.find_all("script", type=STATE_MIME):
        saved |= json.loads(script.get_text()).get("state", {})
    return saved
