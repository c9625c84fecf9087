"""Small HTML views for notebooks: tables, requests, diagrams. Light, dark, and without a script."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

# Half-transparent greys sit well on a light page and on a dark one.
BOX = "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:.6em .9em;margin:.4em 0"
MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.85em"


def moment(unix: float) -> str:
    """Write a Unix time as ``2026-01-05 09:00:00Z``."""
    return datetime.fromtimestamp(unix, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return an HTML table; cells are escaped, and what stands in backticks is code."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<table class="dataframe">{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


# A long name breaks on a phone at its joints, not in the middle of a word.
_JOINT = re.compile(r"(?<=[A-Za-z])([_.])(?=[A-Za-z])|(?<=\w)(/)(?=\w)")
_CODE = re.compile(r"`{1,2}([^`]+)`{1,2}")


def _cell(value: object) -> str:
    return _CODE.sub(r"<code>\1</code>", _JOINT.sub(r"\g<0><wbr>", escape(_text(value))))


class Displayed:
    """Mixin: show a dataclass as a table of its fields in a notebook; ``raw`` is left out."""

    def _repr_html_(self) -> str:
        return table(("field", "value"), _fields(self), type(self).__name__)


@dataclasses.dataclass(frozen=True)
class Html:
    """A piece of HTML for a notebook to show."""

    html: str

    def __repr__(self) -> str:
        """Stay quiet where there is no HTML."""
        return "Html"

    def _repr_html_(self) -> str:
        return self.html


def rows(headers: Sequence[str], items: Iterable[Sequence[object]], caption: str = "") -> Html:
    """Return a table to show in a notebook."""
    return Html(table(headers, items, caption))


def message(head: Sequence[tuple[str, str]], subject: str, body: str) -> str:
    """Return a message as a mail program shows it. ``body`` is HTML that the caller escaped."""
    lines = "".join(
        f'<div><span style="opacity:.7">{escape(name)}</span> {escape(value)}</div>'
        for name, value in head
    )
    return (
        f'<div style="{BOX};max-width:36em"><div style="font-size:.9em">{lines}</div>'
        f'<div style="font-weight:600;font-size:1.1em;margin:.5em 0">{escape(subject)}</div>'
        f"<div>{body}</div></div>"
    )


def sequence(actors: Sequence[str], steps: Sequence[tuple[str, str, str]]) -> Html:
    """Draw a sequence diagram: each step is (from, to, text)."""
    gap, top, line = 230, 44, 46
    place = {name: 90 + gap * index for index, name in enumerate(actors)}
    width, height = 180 + gap * (len(actors) - 1), top + line * len(steps) + 24
    parts = [_actor(name, x, height) for name, x in place.items()]
    for index, (start, end, text) in enumerate(steps):
        parts.append(_arrow(place[start], place[end], top + line * (index + 1) - 8, text))
    told = "; ".join(f"{start} to {end}: {text}" for start, end, text in steps)
    return Html(
        f'<svg role="img" aria-label="{escape(told)}" viewBox="0 0 {width} {height}" '
        f'style="max-width:{width}px;width:100%;color:inherit" fill="currentColor" '
        f'font-family="system-ui,sans-serif" font-size="13">{"".join(parts)}</svg>'
    )


def _actor(name: str, x: int, height: int) -> str:
    return (
        f'<text x="{x}" y="18" text-anchor="middle" font-weight="600">{escape(name)}</text>'
        f'<line x1="{x}" y1="28" x2="{x}" y2="{height - 6}" stroke="currentColor" '
        'stroke-opacity=".35" stroke-dasharray="3 4"/>'
    )


def _arrow(start: int, end: int, y: int, text: str) -> str:
    if start == end:
        return f'<text x="{start + 8}" y="{y}" opacity=".85">{escape(text)}</text>'
    back = 8 if end < start else -8
    head = f"{end},{y} {end + back},{y - 4} {end + back},{y + 4}"
    return (
        f'<text x="{(start + end) // 2}" y="{y - 7}" text-anchor="middle">{escape(text)}</text>'
        f'<line x1="{start}" y1="{y}" x2="{end + back}" y2="{y}" stroke="currentColor"/>'
        f'<polygon points="{head}"/>'
    )


def _fields(shown: Any) -> list[tuple[str, object]]:
    """Return the fields of a dataclass that may be shown."""
    return [
        (each.name, _in_words(each.name, getattr(shown, each.name)))
        for each in dataclasses.fields(shown)
        if each.repr and each.name != "raw"
    ]


# How the fields of the services that hold a Unix time are called.
_TIMES = re.compile(r"(^|_)(at|end|time)$")


def _in_words(name: str, value: object) -> object:
    """Put the date beside a Unix time, which nobody can read."""
    if isinstance(value, (int, float)) and _TIMES.search(name) and 10**9 < value < 10**11:
        return f"{int(value)}: {moment(value)}"
    return value


def _text(cell: object) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Mapping):
        return ", ".join(f"{key}: {_text(value)}" for key, value in cell.items()) or "—"
    written = type(cell).__str__ is not object.__str__
    if dataclasses.is_dataclass(cell) and not isinstance(cell, type) and not written:
        return ", ".join(_text(value) for _, value in _fields(cell))
    if isinstance(cell, (list, tuple)):
        return ", ".join(str(item) for item in cell) or "—"
    return str(cell)
