import base64
import re
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import GuardError
from integrations.core.wire import (
    ConnectFailedError,
    Guarded,
    RecipientGuard,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    WireError,
    dry_run,
    refuse_live_keys,
)

POST = Request(
    "POST",
    "https://user:hush@api.test/v1/x?email=hush%40x.test&a=&a=2#hush",
    {"Authorization": "Bearer hush", "Idempotency-Key": "k1"},
    b'{"resetUrl": "https://x.test/hush"}',
)
ALLOWED = ("@Ok.test", "me@one.test", "user-1")


class Echo:
    def __init__(self) -> None:
        self.seen: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.seen.append(request)
        return Response.of_json(200, {"success": True})


def asks(who: str) -> RecipientGuard:
    return RecipientGuard(lambda _: [who], ALLOWED, "THE_SETTING")


def test_header_names_are_lower_case_and_frozen() -> None:
    for message in (POST, Response(200, {"Idempotency-Key": "k1"})):
        assert message.headers["idempotency-key"] == "k1"
        with pytest.raises(TypeError):
            message.headers["x"] = "y"  # type: ignore[index]


def test_headers_do_not_change_with_the_dictionary_they_came_from() -> None:
    source = {"A": "1"}
    request = Request("GET", "https://api.test/", source)
    source["A"] = "2"
    assert request.headers == {"a": "1"}


def test_requests_and_responses_are_frozen_values() -> None:
    with pytest.raises(FrozenInstanceError):
        POST.body = b""  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Response(200).status = 500  # type: ignore[misc]
    assert replace(POST) == POST
    assert replace(POST, body=b"other") != POST


def test_a_request_is_read_by_its_parts() -> None:
    assert POST.path == "/v1/x"
    assert POST.query == {"email": "hush@x.test", "a": "2"}
    assert POST.json() == {"resetUrl": "https://x.test/hush"}


def test_a_json_response_says_so() -> None:
    response = Response.of_json(201, {"a": 1}, {"Retry-After": "3"})
    assert response.json() == {"a": 1}
    assert response.headers == {"content-type": "application/json", "retry-after": "3"}


def test_no_repr_shows_a_secret() -> None:
    assert repr(POST) == (
        "Request(POST https://api.test/v1/x?email=[redacted]&a=[redacted]&a=[redacted], 35 bytes)"
    )
    assert repr(Response(200, {"set-cookie": "hush"}, b"hush")) == "Response(200, 4 bytes)"
    assert "hush" not in POST._repr_html_()


def test_a_dry_run_answers_with_nothing() -> None:
    assert dry_run(POST) == Response(204, {"content-length": "0"})


def test_a_failure_to_connect_is_no_lost_reply() -> None:
    assert issubclass(ReplyTimeoutError, ReplyLostError)
    assert not issubclass(ConnectFailedError, ReplyLostError)
    assert issubclass(ConnectFailedError, WireError)


def test_the_first_rule_that_refuses_stops_the_request_before_the_wire() -> None:
    echo, asked = Echo(), list[str]()

    def refuse(request: Request) -> None:
        raise GuardError("no")

    rules = (lambda _: asked.append("first"), refuse, lambda _: asked.append("last"))
    with pytest.raises(GuardError, match="no"):
        Guarded(echo, rules)(POST)
    assert (asked, echo.seen) == (["first"], [])
    assert Guarded(echo, rules[:1])(POST).status == 200
    assert echo.seen == [POST]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer sk_live_hush"),
        ("Authorization", "Basic " + base64.b64encode(b"sk_live_hush:").decode()),
        ("Authorization", 'Token token="rk_live_hush"'),
        ("X-Api-Key", "rk_live_hush"),
        ("Idempotency-Key", "sk_live_hush"),
        ("User-Agent", "x/1 sk_live_hush"),
    ],
)
def test_a_live_key_is_refused_by_its_headers_name_and_not_shown(header: str, value: str) -> None:
    echo = Echo()
    with pytest.raises(GuardError, match=header.lower()) as raised:
        Guarded(echo, (refuse_live_keys,))(Request("GET", "https://api.test/", {header: value}))
    assert "hush" not in str(raised.value)
    assert echo.seen == []


@pytest.mark.parametrize("value", ["Bearer sk_test_x", "sk_test_x", "Basic %%%", "Basic", ""])
def test_other_keys_pass(value: str) -> None:
    refuse_live_keys(Request("GET", "https://api.test/", {"Authorization": value}))


@pytest.mark.parametrize("who", ["a@ok.test", "A@OK.TEST", "Me@One.test", "USER-1"])
def test_the_allow_list_lets_its_own_pass_in_any_case(who: str) -> None:
    assert Guarded(Echo(), (asks(who),))(POST).status == 200


@pytest.mark.parametrize(
    "who",
    [
        "a@no.test",
        "a@ok.test.evil",
        "a@sub.ok.test",
        "b@one.test",
        "user-2",
        "ok.test",
        "one.test",
        "",
        "a@evil.test,b@ok.test",
        "a@evil.test b@ok.test",
    ],
)
def test_the_allow_list_stops_everybody_else_before_the_wire(who: str) -> None:
    echo = Echo()
    with pytest.raises(GuardError, match="THE_SETTING"):
        Guarded(echo, (asks(who),))(POST)
    assert echo.seen == []


def test_one_recipient_off_the_list_stops_the_request_for_all() -> None:
    echo = Echo()
    guard = RecipientGuard(lambda _: ["a@ok.test", "b@no.test"], ALLOWED, "THE_SETTING")
    with pytest.raises(GuardError, match=r"b@no\.test"):
        Guarded(echo, (guard,))(POST)
    assert echo.seen == []


@pytest.mark.parametrize(
    ("who", "advice"),
    [("b@no.test", "Add it, or its @domain, to"), ("+12025550142", "Add it to THE_SETTING")],
)
def test_a_refusal_says_what_would_allow_it(who: str, advice: str) -> None:
    with pytest.raises(GuardError, match=re.escape(advice)):
        Guarded(Echo(), (asks(who),))(POST)


def test_a_request_that_concerns_nobody_passes() -> None:
    assert Guarded(Echo(), (RecipientGuard(lambda _: [], (), "X"),))(POST).status == 200


@given(st.text())
def test_nobody_passes_an_empty_list(who: str) -> None:
    with pytest.raises(GuardError):
        RecipientGuard(lambda _: [who], (), "X")(POST)
