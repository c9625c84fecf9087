"""A policy explorer for the notebook: change a field, see which condition refuses it."""

import base64
import json
from collections.abc import Mapping
from html import escape
from typing import Any

from integrations.core.views import BOX, Html, table
from integrations.s3.fake_policy import Verdict, evaluate, read_policy


def policy_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the policy document of a form, decoded: anybody who has the form can read it."""
    document: dict[str, Any] = json.loads(base64.b64decode(fields["policy"]))
    return document


def verdicts(
    fields: Mapping[str, str], *, bucket: str, size: int, now: float
) -> tuple[Verdict, ...]:
    """Judge a form as S3 does, with what it says of every condition.

    Args:
        fields: the form's fields, as the browser would send them.
        bucket: where the form is sent.
        size: the file's size in bytes.
        now: the Unix time.
    """
    named = {name.lower(): value for name, value in fields.items()}
    policy = read_policy(named["policy"])
    return tuple(evaluate(policy, {**named, "bucket": bucket}, size, now))


def explain(fields: Mapping[str, str], *, bucket: str, size: int, now: float) -> Html:
    """Return the verdict and its reasons as a table; needs no running kernel."""
    judged = verdicts(fields, bucket=bucket, size=size, now=now)
    refused = [each for each in judged if not each.met]
    # S3 names the first one only.
    told = f"{refused[0].code}: {refused[0].message}" if refused else "the file is stored"
    shown = [
        (each.rule, _short(each.given), "met" if each.met else f"refused: {each.code}")
        for each in judged
        if each in refused or "x-amz-" not in each.rule
    ]
    head = f'<div style="{BOX}"><b>S3 says</b> {escape(told)}</div>'
    return Html(head + table(("condition", "the form has", "verdict"), shown))


def explorer(fields: Mapping[str, str], *, bucket: str, now: float) -> Any:
    """Return the widget. It needs a running kernel; :func:`explain` shows the same without one."""
    import ipywidgets as widgets

    # On a phone, no wider than the phone.
    wide = widgets.Layout(width="36em", max_width="100%")
    number = widgets.Layout(max_width="100%")
    style = {"description_width": "9em"}
    key = widgets.Text(value=fields["key"], description="key", layout=wide, style=style)
    kind = widgets.Text(
        value=fields["Content-Type"], description="Content-Type", layout=wide, style=style
    )
    acl = widgets.Text(description="acl, if any", layout=wide, style=style)
    size = widgets.IntText(value=20_000, description="size, bytes", layout=number, style=style)
    later = widgets.IntText(value=0, description="seconds later", layout=number, style=style)
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        changed = {**fields, "key": key.value, "Content-Type": kind.value}
        changed |= {"acl": acl.value} if acl.value else {}
        told = explain(changed, bucket=bucket, size=size.value, now=now + later.value)
        shown.value = told.html

    for control in (key, kind, acl, size, later):
        control.observe(show, names="value")
    show()
    return widgets.VBox([key, kind, acl, size, later, shown])


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
