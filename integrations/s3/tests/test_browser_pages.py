"""What a page shows of a form: the HTML, the policy inside, the verdict of each condition."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from integrations.core.wire import Response
from integrations.s3 import policy_explorer
from integrations.s3.fake import MOCK_BUCKET
from integrations.s3.fake_browser import answer, form_request, preflight_request
from integrations.s3.html_form import html_form
from integrations.s3.policy_explorer import explain, explorer, policy_of
from integrations.s3.tests.fake_support import Bench

TYPE = {"Content-Type": "image/png"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _form(bench: Bench) -> Any:
    return bench.form(fields=TYPE, conditions=[TYPE, ["content-length-range", 1, 50_000]])


def _explained(bench: Bench, size: int = 20_000, later: float = 0, **changes: str) -> str:
    fields = {**_form(bench)["fields"], **{k.replace("_", "-"): v for k, v in changes.items()}}
    return explain(fields, bucket=MOCK_BUCKET, size=size, now=bench.clock.time() + later).html


def test_the_html_of_a_form_holds_every_field_and_the_file_last(bench: Bench) -> None:
    form = _form(bench)
    page = BeautifulSoup(html_form(form["url"], form["fields"]).html, "html.parser")
    assert page.form is not None
    assert (page.form["action"], page.form["enctype"]) == (form["url"], "multipart/form-data")
    inputs = page.find_all("input")
    assert {each["name"]: each["value"] for each in inputs[:-1]} == form["fields"]
    assert (inputs[-1]["type"], inputs[-1]["name"]) == ("file", "file")
    assert not page.find_all(disabled=True)


def test_what_the_form_shows_cannot_break_out_of_it() -> None:
    odd = '"><script>alert(1)</script>'
    page = html_form(f"https://a.test/{odd}", {odd: odd}, accept=odd, disabled=True).html
    assert "<script" not in page
    assert page.count(" disabled") == 2


def test_what_the_html_says_is_what_the_fake_takes(bench: Bench) -> None:
    form = _form(bench)
    page = BeautifulSoup(html_form(form["url"], form["fields"]).html, "html.parser")
    assert page.form is not None
    fields = {str(i["name"]): str(i["value"]) for i in page.find_all("input", type="hidden")}
    sent = form_request(str(page.form["action"]), fields, b"12345", filename='a"b\r\n.png')
    assert answer(bench.fake(sent)) == "204"


def test_a_form_as_signed_is_stored(bench: Bench) -> None:
    assert "the file is stored" in _explained(bench)
    assert policy_of(_form(bench)["fields"])["expiration"] == "2026-01-05T09:05:00Z"


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"key": "users/2/a.png"}, "Policy Condition failed"),
    "type": ({"Content_Type": "image/svg+xml"}, "Policy Condition failed"),
    "size": ({"size": 50_001}, "EntityTooLarge"),
    "late": ({"later": 300}, "Policy expired"),
    "extra": ({"acl": "public-read"}, "Extra input fields: acl"),
}


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
def test_the_explorer_says_what_the_fake_would(bench: Bench, change: Any, told: str) -> None:
    page = _explained(bench, **change)
    assert told in page
    assert page.count("refused:") == 1


def test_the_widget_follows_its_fields(bench: Bench) -> None:
    box = explorer(_form(bench)["fields"], bucket=MOCK_BUCKET, now=bench.clock.time())
    key, kind, acl, size, later, shown = box.children
    # Or a phone would cut them at the right.
    assert {each.layout.max_width for each in (key, kind, acl, size, later)} == {"100%"}
    assert "the file is stored" in shown.value
    for control, value, told in (
        (size, 60_000, "EntityTooLarge"),
        (later, 300, "Policy expired"),
        (acl, "public-read", "Extra input fields: acl"),
        (kind, "text/html", "Policy Condition failed"),
        (key, "<b>", "&lt;b&gt;"),
    ):
        before, control.value = control.value, value
        assert told in shown.value
        control.value = before
    assert "the file is stored" in shown.value


def test_long_values_are_cut() -> None:
    assert policy_explorer._short("x" * 61) == "x" * 57 + "…"
    assert policy_explorer._short("x" * 60) == "x" * 60


def test_a_preflight_asks_what_the_page_wants(bench: Bench) -> None:
    asked = preflight_request("https://a.test/", origin="https://b.test", headers=())
    assert asked.headers["access-control-request-method"] == "PUT"
    assert "access-control-request-headers" not in asked.headers


def test_an_answer_in_a_line() -> None:
    refusal = b"<Error><Code>AccessDenied</Code><Message>a &amp; b</Message></Error>"
    assert answer(Response(403, {}, refusal)) == "403 AccessDenied: a & b"
    assert answer(Response(204)) == "204"
