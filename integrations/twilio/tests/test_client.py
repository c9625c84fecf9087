import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.retry import Retry
from integrations.core.wire import Request, Response
from integrations.core.workbook import Mock
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import MOCK_TEMPLATE, FakeTwilio
from integrations.twilio.fake_state import Line
from integrations.twilio.tests.conftest import ALEX, KIM, NUMBER, WHATSAPP

NOW = datetime.fromtimestamp(EXAMPLE_TIME, tz=UTC)


def form(lab: Mock) -> dict[str, list[str]]:
    return parse_qs(lab.fake.requests[-1].body.decode(), keep_blank_values=True)


def test_a_message_goes_out_as_twilio_spells_it(lab: Mock) -> None:
    sent = lab.client.send_message(
        "+1 (202) 555-0142",
        body="Grüße €",
        sender=NUMBER,
        media_url=["https://app.example.com/a.jpg", "https://app.example.com/b.jpg"],
        status_callback="/twilio/status",
        validity_period_s=600,
    )
    assert form(lab) == {
        "To": [ALEX],
        "From": [NUMBER],
        "Body": ["Grüße €"],
        "MediaUrl": ["https://app.example.com/a.jpg", "https://app.example.com/b.jpg"],
        "StatusCallback": ["https://app.example.com/twilio/status"],
        "ValidityPeriod": ["600"],
    }
    assert (sent.sent, sent.status, sent.to) == (True, "queued", ALEX)
    assert sent.sid.startswith("MM")
    assert (sent.encoding, sent.segments) == ("GSM-7", 1)
    assert sent.raw["num_media"] == "2"


def test_the_messaging_service_of_the_settings_picks_the_sender(lab: Mock) -> None:
    sent = lab.client.send_message(ALEX, body="Hello")
    assert form(lab)["MessagingServiceSid"] == ["MG00000000000000000000000000000003"]
    assert "From" not in form(lab)
    assert lab.client.get_message(sent.sid).from_number is None
    lab.clock.advance(5)
    message = lab.client.get_message(sent.sid)
    assert (message.from_number, message.status, message.final) == (NUMBER, "delivered", True)
    assert message.date_sent == NOW + timedelta(seconds=1)


def test_a_sender_may_be_a_service_a_number_a_short_code_or_a_name(lab: Mock) -> None:
    service = "MG" + "0" * 31 + "3"
    lab.fake.state.numbers |= {"12345", "Example"}
    for sender, field in ((service, "MessagingServiceSid"), ("12345", "From"), ("Example", "From")):
        lab.client.send_message(ALEX, body="Hello", sender=sender)
        assert form(lab)[field] == [sender]
    for wrong in ("MG123456789012", "a name that is too long", "", "+1", 7):
        with pytest.raises(InvalidRequestError, match="sender"):
            lab.client.send_message(ALEX, body="Hello", sender=wrong)


def test_whatsapp_has_its_prefix_on_both_sides(lab: Mock) -> None:
    lab.client.send_whatsapp_message(
        ALEX, content_sid=MOCK_TEMPLATE, content_variables={"1": "Alex", "2": "A-1"}
    )
    sent = form(lab)
    assert (sent["To"], sent["From"]) == ([f"whatsapp:{ALEX}"], [WHATSAPP])
    assert sent["ContentVariables"] == ['{"1": "Alex", "2": "A-1"}']
    lab.clock.advance(5)
    screen = lab.fake.phone(f"whatsapp:{ALEX}").messages
    assert screen[-1].body == "Hello Alex, your order A-1 is on its way."


def test_a_schedule_is_sent_in_utc_whatever_the_zone(lab: Mock) -> None:
    bangkok = timezone(timedelta(hours=7))
    at = datetime(2026, 1, 6, 12, 0, tzinfo=bangkok)
    sent = lab.client.schedule_message(ALEX, body="Hello", send_at=at)
    assert form(lab)["SendAt"] == ["2026-01-06T05:00:00Z"]
    assert form(lab)["ScheduleType"] == ["fixed"]
    assert sent.status == "scheduled"
    lab.clock.advance(at.timestamp() - lab.clock.time() - 1)
    assert lab.client.get_message(sent.sid).status == "scheduled"
    lab.clock.advance(5)
    assert lab.client.get_message(sent.sid).status == "delivered"


def test_a_scheduled_message_can_be_cancelled_and_no_other(lab: Mock) -> None:
    sent = lab.client.schedule_message(ALEX, body="Hello", send_at=NOW + timedelta(days=1))
    assert lab.client.cancel_message(sent.sid).status == "canceled"
    lab.clock.advance(90_000)
    assert lab.client.get_message(sent.sid).status == "canceled"
    gone = lab.client.send_message(ALEX, body="Hello")
    with pytest.raises(ConflictError, match="canceled"):
        lab.client.cancel_message(gone.sid)


def test_the_list_is_walked_page_by_page_newest_first(lab: Mock) -> None:
    sids = [lab.client.send_message(n, body="Hello").sid for n in (ALEX, KIM, ALEX, ALEX)]
    walk = lab.client.list_messages(page_size=2)
    before = len(lab.fake.requests)
    first = next(walk)
    assert len(lab.fake.requests) == before + 1
    assert [first.sid, *(each.sid for each in walk)] == sids[::-1]
    assert len(lab.fake.requests) == before + 2
    assert len(list(lab.client.list_messages(to=ALEX, page_size=1))) == 3
    assert list(lab.client.list_messages(sent_after=NOW + timedelta(hours=1))) == []
    assert len(list(lab.client.list_messages(sent_before=NOW + timedelta(hours=1)))) == 4
    assert list(lab.client.list_messages(sender=WHATSAPP)) == []


def test_a_page_that_fails_is_asked_for_again(lab: Mock) -> None:
    from integrations.core import faults as f

    for _ in range(3):
        lab.client.send_message(ALEX, body="Hello")
    walk = lab.client.list_messages(page_size=2)
    next(walk), next(walk)
    lab.faults.inject(f.status(500))
    assert len(list(walk)) == 1


def test_lookup_asks_only_for_what_is_wanted(lab: Mock) -> None:
    lab.fake.set_line(KIM, Line("landline", "Example Fixed", 88))
    plain = lab.client.lookup_phone_number(KIM)
    assert lab.fake.requests[-1].query == {}
    assert (plain.valid, plain.country_code, plain.line_type) == (True, "US", None)
    asked = lab.client.lookup_phone_number(KIM, line_type=True, pumping_risk=True)
    assert (asked.line_type, asked.carrier_name, asked.pumping_risk) == (
        "landline",
        "Example Fixed",
        88,
    )
    odd = lab.client.lookup_phone_number("+15558675310")
    assert (odd.valid, odd.validation_errors) == (False, ("INVALID_BUT_POSSIBLE",))


CODES = [
    (21211, 400, InvalidRequestError, "E.164"),
    (21408, 403, InvalidRequestError, "Geo permissions"),
    (21608, 400, InvalidRequestError, "trial|Verified Caller"),
    (21610, 400, InvalidRequestError, "START"),
    (21614, 400, InvalidRequestError, "mobile"),
    (20003, 401, AuthenticationError, "TWILIO_ACCOUNT_SID"),
    (20404, 404, NotFoundError, "SID"),
    (60200, 400, InvalidRequestError, "channel"),
    (60202, 429, RateLimitedError, "start again"),
    (60203, 429, RateLimitedError, "ten minutes"),
    (60212, 429, RateLimitedError, "ten minutes"),
    (60410, 403, InvalidRequestError, "Fraud Guard"),
    (99999, 400, InvalidRequestError, "docs/api/errors"),
    (99999, 418, InvalidRequestError, "docs/api/errors"),
    (99999, 503, UnavailableError, "look whether"),
    (99999, 302, InvalidRequestError, "TWILIO_API_BASE"),
]


def answering(status: int, body: object, calls: list[Request]) -> TwilioClient:
    def wire(request: Request) -> Response:
        calls.append(request)
        return Response.of_json(status, body, {"twilio-request-id": "RQ1"})

    clock = ManualClock()
    return TwilioClient.from_env({}, mode="mock", wire=wire, clock=clock, retry=Retry(clock=clock))


@pytest.mark.parametrize(("code", "status", "error", "hint"), CODES)
def test_codes_end_in_their_error_with_a_hint(
    code: int, status: int, error: type[Exception], hint: str
) -> None:
    calls: list[Request] = []
    client = answering(status, {"code": code, "message": "As Twilio says", "status": status}, calls)
    with pytest.raises(error, match=hint) as raised:
        client.send_message(ALEX, body="Hello")
    found: Any = raised.value
    assert (found.code, found.status, found.request_id) == (str(code), status, "RQ1")
    assert "As Twilio says" in str(found)
    assert found.outcome_unknown is (status >= 500)
    # None of these becomes right by being repeated.
    assert len(calls) == 1


def test_problem_details_are_read_as_well() -> None:
    """RFC 9457 bodies are the SDK's TwilioServiceException, no relative of TwilioRestException."""
    from twilio.base.exceptions import TwilioServiceException

    body = {"type": "about:blank", "title": "Bad", "detail": "No", "status": 400, "code": 21211}
    with pytest.raises(InvalidRequestError, match="No") as raised:
        answering(400, body, []).send_message(ALEX, body="Hello")
    assert raised.value.code == "21211"
    assert isinstance(raised.value.__cause__, TwilioServiceException)


@pytest.mark.parametrize("body", [[], None, 7, "text", {}, {"sid": None}, {"messages": None}])
def test_a_success_of_another_shape_is_unreadable_and_no_other_error(body: object) -> None:
    client = answering(200, body, [])
    for call in (client.fetch_account, lambda: list(client.list_messages())):
        with contextlib.suppress(UnavailableError):
            call()


def test_an_api_key_lets_in_and_the_account_stays_in_the_path() -> None:
    key, secret = "SK" + "a" * 32, "secretsecretsecret"
    fake = FakeTwilio(clock=ManualClock(), api_key=(key, secret))
    env = {"TWILIO_API_KEY": key, "TWILIO_API_KEY_SECRET": secret}
    client = TwilioClient.from_env(env, mode="mock", wire=fake)
    assert client.fetch_account().sid == "AC00000000000000000000000000000001"
    with pytest.raises(AuthenticationError):
        TwilioClient.from_env(env, mode="mock", wire=FakeTwilio()).fetch_account()


def test_the_process_environment_of_the_sdk_is_not_read(
    lab: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "e" * 32)
    fake = FakeTwilio(clock=ManualClock())
    TwilioClient.from_env({}, mode="mock", wire=fake).fetch_account()
    assert fake.requests[0].url.startswith("https://api.twilio.com/2010-04-01/Accounts/AC")


def test_a_stand_in_gets_every_host_under_one_address() -> None:
    fake = FakeTwilio(clock=ManualClock())
    env = {"TWILIO_API_BASE": "http://localhost:8800/"}
    client = TwilioClient.from_env(env, mode="mock", wire=fake)
    for _ in range(2):
        client.send_message(ALEX, body="Hello")
    client.lookup_phone_number(ALEX, line_type=True)
    assert len(list(client.list_messages(page_size=1))) == 2
    assert all(r.url.startswith("http://localhost:8800/") for r in fake.requests)
    assert "//v2" not in fake.requests[2].url


def test_without_credentials_there_is_no_client() -> None:
    sid = "AC" + "a" * 32
    with pytest.raises(ConfigurationError, match="TWILIO_AUTH_TOKEN"):
        TwilioClient.from_env({"TWILIO_ACCOUNT_SID": sid}, mode="live")
    with pytest.raises(ConfigurationError, match="set both"):
        TwilioClient.from_env(
            {"TWILIO_ACCOUNT_SID": sid, "TWILIO_API_KEY": "SK" + "a" * 32}, mode="live"
        )
    with pytest.raises(ConfigurationError) as raised:
        TwilioClient.from_env({}, mode="live")
    assert all(name in str(raised.value) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"))


def test_without_a_sender_or_a_service_nothing_is_sent(lab: Mock) -> None:
    env = {"TWILIO_ACCOUNT_SID": "AC" + "a" * 32, "TWILIO_AUTH_TOKEN": "b" * 32}
    client = TwilioClient.from_env(env, mode="live", wire=lab.fake)
    later = datetime.now(UTC) + timedelta(days=1)
    calls: list[Any] = [
        lambda: client.send_message(ALEX, body="Hello"),
        lambda: client.send_whatsapp_message(ALEX, body="Hello"),
        lambda: client.schedule_message(ALEX, body="Hello", send_at=later),
        lambda: client.start_verification(ALEX),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match="TWILIO_"):
            call()
    assert lab.fake.requests == []


def test_debug_mode_tells_that_nothing_was_sent() -> None:
    client = TwilioClient.from_env({"TWILIO_FROM": NUMBER}, mode="debug")
    sent = client.send_message(ALEX, body="Hello")
    assert (sent.sent, sent.sid, sent.segments) == (False, None, 1)
    assert client.cancel_message("SM" + "a" * 32) is None
    assert client.outbox.last.outcome == "not sent"


def test_an_account_answers_with_its_token_and_we_do_not_pass_it_on(lab: Mock) -> None:
    account = lab.client.fetch_account()
    token = lab.client.settings.auth_token.reveal()
    assert token in lab.fake(lab.fake.requests[-1]).body.decode()
    assert account.raw["friendly_name"] == "Example account"
    assert "auth_token" not in account.raw
    assert token not in f"{account!r}{account.raw}{account._repr_html_()}"
    assert token not in lab.outbox.last._repr_html_()


def test_a_client_closes_and_shows_no_secret(lab: Mock) -> None:
    with TwilioClient.from_env({}, mode="mock") as client:
        assert client.fetch_account().type == "Full"
    assert "00000002" not in repr(client)
    assert "00000002" not in repr(client.settings)


EMPTY = [b"", b"{}", b'{"sid": null}', b'{"sid": ""}', b'{"sid": 7}', b'{"success": true}']


@pytest.mark.parametrize("body", EMPTY)
@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.send_message(ALEX, body="Hello"),
        lambda c: c.cancel_message("SM" + "a" * 32),
        lambda c: c.start_verification(ALEX),
        lambda c: c.check_verification("123456", to=ALEX),
        lambda c: c.create_rate_limit("ip"),
    ],
)
def test_a_success_that_names_nothing_is_no_success(
    lab: Mock, call: Callable[[Any], object], body: bytes
) -> None:
    answer = Response(201, {"content-type": "application/json"}, body)
    lab.faults.inject(lambda _request, _wire: answer)
    with pytest.raises(UnavailableError, match="cannot be read") as raised:
        call(lab.client)
    assert raised.value.outcome_unknown


@pytest.mark.parametrize("body", EMPTY)
@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.fetch_account(),
        lambda c: c.get_message("SM" + "a" * 32),
        lambda c: c.get_verification("VE" + "a" * 32),
        lambda c: c.lookup_phone_number(ALEX),
    ],
)
def test_an_answer_that_names_nothing_is_none(
    lab: Mock, call: Callable[[Any], object], body: bytes
) -> None:
    answer = Response(200, {"content-type": "application/json"}, body)
    lab.faults.inject(*[lambda _request, _wire: answer] * 3)
    with pytest.raises(UnavailableError, match="cannot be read"):
        call(lab.client)


def test_a_list_whose_next_page_is_no_address_is_unreadable(lab: Mock) -> None:
    answer = Response.of_json(200, {"messages": [], "next_page_uri": 5})
    lab.faults.inject(*[lambda _request, _wire: answer] * 3)
    with pytest.raises(UnavailableError, match="cannot be read"):
        list(lab.client.list_messages())
