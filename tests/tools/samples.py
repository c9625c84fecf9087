"""Notebooks made up for the tests of the tools."""

import json
from pathlib import Path
from typing import Any

from book.tools.normalise import KERNELSPEC, LANGUAGE_INFO

BEGIN = "from types import SimpleNamespace\n\nworkbook = SimpleNamespace(begin=len)\n"


def code(
    source: str, *outputs: dict[str, Any], count: int | None = 1, **extra: Any
) -> dict[str, Any]:
    """Return a code cell."""
    cell: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": source}
    return {**cell, "outputs": list(outputs), "execution_count": count, **extra}


def stream(text: str) -> dict[str, Any]:
    """Return what print leaves in a notebook."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(count: int = 1, **data: Any) -> dict[str, Any]:
    """Return the value of a cell; text_plain="1" stands for text/plain."""
    mimes = {mime.replace("_", "/"): value for mime, value in data.items()}
    return {
        "output_type": "execute_result",
        "execution_count": count,
        "data": mimes,
        "metadata": {},
    }


def error(name: str = "ValueError", *frames: str) -> dict[str, Any]:
    """Return what an exception leaves in a notebook."""
    return {"output_type": "error", "ename": name, "evalue": "no", "traceback": list(frames)}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """Return a notebook whose first code cell begins as all do."""
    begin = code(f"{BEGIN}workbook.begin('x')", result(text_plain="1"), id="begin")
    rest = [{"id": f"cell{number}", **cell} for number, cell in enumerate(cells)]
    for number, cell in enumerate(rest, start=2):
        if cell.get("execution_count"):
            cell["execution_count"] = number
    known = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO, **metadata}
    return {"cells": [begin, *rest], "metadata": known, "nbformat": 4, "nbformat_minor": 5}


def save(path: Path, content: dict[str, Any]) -> Path:
    """Write a notebook as the tools do."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path
