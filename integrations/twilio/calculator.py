"""A segment calculator for the notebook: write a text, see how it is cut and what made it long."""

from html import escape
from typing import Any

from integrations.core.views import BOX
from integrations.twilio.arguments import MAX_BODY
from integrations.twilio.segments import GSM_EXTENSION, count_segments

EXAMPLE = "Your order A-1001 is on its way. It’ll be there tomorrow 👍"  # noqa: RUF001  # what it shows
_ODD = "background:rgba(220,60,60,.35);border-radius:3px"
_DOUBLE = "background:rgba(220,160,0,.4);border-radius:3px"


def calculation(body: str) -> str:
    """Return the text as HTML, its costly characters marked, and what it takes to send it."""
    found = count_segments(body)
    told = [
        f"<b>{found.segments}</b> segment{'' if found.segments == 1 else 's'} of "
        f"{found.per_segment}, {found.encoding}: {found.units} units, {found.remaining} left"
    ]
    if found.odd:
        told.append(f"not in GSM-7: {escape(' '.join(found.odd))}")
    if found.characters > MAX_BODY:
        told.append(f"refused: longer than {MAX_BODY} characters")
    text = "".join(_marked(each, found.odd) for each in body)
    return (
        f'<div style="{BOX};max-width:36em"><div style="overflow-wrap:anywhere">{text}</div>'
        f'<div style="margin-top:.6em;opacity:.85">{" · ".join(told)}</div></div>'
    )


def calculator() -> Any:
    """Return the widget. It needs a kernel; :func:`calculation` shows the same without one."""
    import ipywidgets as widgets

    field = widgets.Textarea(value=EXAMPLE, description="Text")
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        shown.value = calculation(field.value)

    field.observe(show, names="value")
    show()
    return widgets.VBox([field, shown])


def _marked(character: str, odd: tuple[str, ...]) -> str:
    if character == "\n":
        return "<br>"
    style = _ODD if character in odd else _DOUBLE if not odd and character in GSM_EXTENSION else ""
    return f'<span style="{style}">{escape(character)}</span>' if style else escape(character)
