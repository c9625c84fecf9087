import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Secret
from integrations.core.exchanges import exchange, outbox
from integrations.core.outbox import Exchange, Outbox
from integrations.core.views import (
    Displayed,
    Html,
    message,
    moment,
    rows,
    sequence,
    table,
)
from integrations.core.wire import Request, Response

HOSTILE = st.text().map(lambda text: f"<script>{text}</script>\"'&")
PRINTED = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn")), max_size=40)


@dataclass(frozen=True)
class Inner:
    name: str
    key: str = field(default="hush", repr=False)
    raw: str = "hush"


@dataclass(frozen=True)
class Outer(Displayed):
    inner: Inner
    secret: Secret
    done: bool = True
    nothing: str | None = None
    hidden: str = field(default="hush", repr=False)
    raw: str = "hush"


def cells(html: str) -> list[str]:
    return re.findall("<td>(.*?)</td>", html.replace("<wbr>", ""))


@given(HOSTILE)
def test_what_comes_from_outside_is_escaped(text: str) -> None:
    request = Request(
        "POST",
        f"https://api.test/{text}?{text}=1",
        {"User-Id": text},
        f'"{text}"'.encode(errors="replace"),
    )
    response = Response.of_json(200, {text: text})
    kept = Outbox()
    kept.add(Exchange(0.0, request, response, text))
    html = [
        table((text,), [(text,), ([text],), ({text: text},), (Inner(text),)], text),
        rows((text,), [(text,)], text).html,
        exchange(request, response),
        exchange(request, None, text),
        message([(text, text)], text, "<p>body</p>"),
        sequence([text], [(text, text, text)]).html,
        outbox(kept),
        Outer(Inner(text), Secret(text))._repr_html_(),
    ]
    assert not [each for each in html if "<script" in each]


@given(PRINTED, PRINTED)
def test_a_diagram_is_valid_xml(name: str, text: str) -> None:
    actors = ["a", f"b{name}"]
    html = sequence(actors, [("a", actors[1], text), (actors[1], "a", text), ("a", "a", text)]).html
    drawing = ET.fromstring(html)  # noqa: S314  # our own text
    assert drawing.attrib["aria-label"].count("to a:") == 2
    assert len(drawing.findall("polygon")) == 2


def test_an_arrow_between_strangers_is_not_drawn() -> None:
    with pytest.raises(KeyError):
        sequence(["a"], [("a", "b", "?")])


def test_a_dataclass_shows_its_fields_and_leaves_raw_and_hidden_ones_out() -> None:
    html = Outer(Inner("n"), Secret("hush"))._repr_html_()
    assert "<caption>Outer</caption>" in html
    assert cells(html) == [
        *("inner", "n"),
        *("secret", "Secret(&#x27;…&#x27;)"),
        *("done", "yes"),
        *("nothing", "—"),
    ]


def test_a_long_name_may_break_at_its_joints_and_an_amount_may_not() -> None:
    html = table(("a",), [("LOOPS_API_KEY",), ("email.sent",), ("image/png",), ("12.50 EUR",)])
    assert re.findall("<td>(.*?)</td>", html) == [
        "LOOPS_<wbr>API_<wbr>KEY",
        "email.<wbr>sent",
        "image/<wbr>png",
        "12.50 EUR",
    ]


def test_what_stands_in_backticks_is_code() -> None:
    html = table(("a",), [("run `stripe listen`",), ("``due`` <b>",)])
    assert cells(html) == ["run <code>stripe listen</code>", "<code>due</code> &lt;b&gt;"]


def test_a_unix_time_has_its_date_beside_it() -> None:
    @dataclass(frozen=True)
    class Session(Displayed):
        expires_at: float = 1_767_603_600.9
        current_period_end: int | None = None
        attempts: int = 1_767_603_600
        frozen_time: int = 17
        end: int = 1_767_603_600_000

    assert cells(Session()._repr_html_())[1::2] == [
        "1767603600: 2026-01-05 09:00:00Z",
        "—",
        "1767603600",
        "17",
        "1767603600000",
    ]


def test_cells_are_written_for_people() -> None:
    html = table(("a",), [(None,), (False,), ({},), ([],), ((1, 2),), ({"k": None},), (Inner,)])
    assert cells(html)[:6] == ["—", "no", "—", "—", "1, 2", "k: —"]
    assert "Inner" in cells(html)[6]


def test_secrets_of_a_request_and_of_its_response_are_not_shown() -> None:
    body = (
        b'{"email": "a@b.test", "resetUrl": "hush", "code": 123456, "links": ["hush"],'
        b' "variables": {"magic_link": "hush", "name": "Ada"}, "tokens": [[1234567]],'
        b' "data": {"password": "hush", "kind": "shown"}, "codeSent": true}'
    )
    request = Request(
        "POST", "https://u:hush@api.test/v1?q=hush#hush", {"Authorization": "Bearer hush"}, body
    )
    html = exchange(request, Response(200, {"Set-Cookie": "hush"}, body))
    assert not re.search("hush|123456", html)
    for shown in ("a@b.test", "Ada", "shown", "true"):
        assert html.count(shown) == 2
    assert "POST https://api.test/v1?q=[redacted]" in html


def test_a_body_that_is_no_json_is_only_counted() -> None:
    html = exchange(Request("POST", "https://api.test/", {}, b"password=hush"))
    assert "(13 bytes)" in html
    assert "hush" not in html


def test_a_form_is_shown_field_by_field_without_its_secrets() -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = (
        b"To=%2B15005550006&Body=hush+123456&metadata%5Border%5D=42&success_url=https%3A%2F%2Fhush"
    )
    html = exchange(Request("POST", "https://api.test/", form, body))
    assert "To=+15005550006" in html
    assert "metadata[order]=42" in html
    assert not re.search("hush|123456", html)


@pytest.mark.parametrize("body", [b"To=%2B15005550006&Body=x", b"customer=%2B15005550006"])
def test_an_outbox_reads_forms_too(body: bytes) -> None:
    kept = Outbox()
    form = {"content-type": "application/x-www-form-urlencoded"}
    kept.add(Exchange(0.0, Request("POST", "https://api.test/x", form, body), None, ""))
    assert cells(outbox(kept))[2] == "+15005550006"


def test_an_outbox_shortens_the_ids_of_a_path() -> None:
    kept = Outbox()
    account = "AC" + "0" * 32
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    kept.add(Exchange(0.0, Request("POST", f"https://api.test{path}"), None, "201"))
    assert cells(outbox(kept))[1] == "POST /2010-04-01/Accounts/AC0000…/Messages.json"
    assert account in kept.last._repr_html_()


def test_an_outbox_leaves_out_the_columns_in_which_nothing_stands() -> None:
    kept = Outbox()
    kept.add(Exchange(0.0, Request("PUT", "https://api.test/a.txt"), None, "200"))
    assert re.findall("<th>(.*?)</th>", outbox(kept)) == ["time", "request", "outcome"]
    keyed = Request("PUT", "https://api.test/a.txt", {"Idempotency-Key": "k"})
    kept.add(Exchange(0.0, keyed, None, "200"))
    assert re.findall("<th>(.*?)</th>", outbox(kept))[2:] == ["idempotency key", "outcome"]
    assert len(re.findall("<th>", outbox(Outbox()))) == 5


def test_an_end_without_a_response_is_named() -> None:
    assert "— not sent —" in exchange(Request("GET", "https://api.test/"), None, "not sent")


@pytest.mark.parametrize(
    ("body", "who"),
    [
        (b'{"email": "a@b.test"}', "a@b.test"),
        (b'{"userId": "u1"}', "u1"),
        (b"[1]", ""),
        (b"\xff", ""),
        (b"", "q@b.test"),
    ],
)
def test_an_outbox_says_whom_a_request_concerns(body: bytes, who: str) -> None:
    kept = Outbox()
    kept.add(Exchange(0.0, Request("GET", "https://api.test/x?email=q@b.test", {}, body), None, ""))
    assert cells(outbox(kept)) == ["00:00:00", "GET /x", *filter(None, [who])]


def test_a_piece_of_html_is_shown_as_it_is_and_is_quiet_elsewhere() -> None:
    assert (Html("<b>x</b>")._repr_html_(), repr(Html("<b>x</b>"))) == ("<b>x</b>", "Html")


def test_a_moment_is_in_utc() -> None:
    assert moment(1_767_603_600.0) == "2026-01-05 09:00:00Z"


def test_a_dataclass_that_writes_itself_is_shown_as_it_writes() -> None:
    @dataclass(frozen=True)
    class Price:
        cents: int

        def __str__(self) -> str:
            return f"{self.cents / 100:.2f} EUR"

    assert "12.50 EUR" in table(("price",), [(Price(1250),)])
