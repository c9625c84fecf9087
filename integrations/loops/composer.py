"""A message composer for the notebook: pick an email, fill in its variables, see what arrives."""

from typing import TYPE_CHECKING, Any

from integrations.core.views import message
from integrations.loops.arguments import MAX_VALUE
from integrations.loops.fake import TEMPLATES
from integrations.loops.fake_state import Template, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = {
    "name": "Alex",
    "resetUrl": "https://app.example.com/reset/4f9c",
    "loginCode": "402913",
    "nextUrl": "https://app.example.com/projects",
    "teamName": "Research",
    "inviterName": "Kim",
    "role": "editor",
    "acceptUrl": "https://app.example.com/join/77",
}


def preview(template: Template, given: "Mapping[str, str]") -> str:
    """Return the message as HTML, with what Loops would refuse said above it."""
    missing = template.missing({key: value for key, value in given.items() if value})
    long = [name for name, value in given.items() if len(value) > MAX_VALUE]
    head = [("Template", template.name)]
    if missing:
        head.append(("Refused", f"Missing required data variable(s): {', '.join(missing)}"))
    if long:
        head.append(("Refused", f"longer than {MAX_VALUE} characters: {', '.join(long)}"))
    if not template.published:
        head.append(("Refused", "Transactional email is not published."))
    from html import escape

    body = escape(fill(template.body, given)).replace("\n", "<br>")
    return message(head, fill(template.subject, given), body)


def composer() -> Any:
    """Return the widget. It needs a running kernel; :func:`preview` shows the same without one."""
    import ipywidgets as widgets

    chooser = widgets.Dropdown(
        options=[(each.name, each) for each in TEMPLATES], description="Email"
    )
    fields = {name: widgets.Text(value=text, description=name) for name, text in EXAMPLES.items()}
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        template = chooser.value
        given = {name: fields[name].value for name in template.variables if name in fields}
        for name, field in fields.items():
            field.layout.display = None if name in template.variables else "none"
        shown.value = preview(template, given)

    for control in (chooser, *fields.values()):
        control.observe(show, names="value")
    show()
    return widgets.VBox([chooser, *fields.values(), shown])
