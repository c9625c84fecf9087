"""The fake, driven through the real client: what Twilio would do, and what it would refuse."""

import inspect
import re
from dataclasses import replace
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest.api.v2010.account.message import MessageList

from integrations.core.clock import ManualClock
from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
)
from integrations.core.wire import Request
from integrations.core.workbook import Mock
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import MOCK_TEMPLATE, FakeTwilio
from integrations.twilio.fake_messages import ROUTES
from integrations.twilio.fake_state import Line, Template
from integrations.twilio.tests.conftest import ALEX, KIM, NUMBER, WHATSAPP
from integrations.twilio.webhooks import webhook_pipeline

URL = "https://app.example.com/twilio/status"


# Test credentials --------------------------------------------------------------------------------


@pytest.fixture
def testing() -> TwilioClient:
    """A client of the account's test credentials."""
    fake = FakeTwilio(clock=ManualClock(), test_credentials=True)
    return TwilioClient.from_env({}, mode="mock", wire=fake)


# https://www.twilio.com/docs/iam/test-credentials, read 2026-11.
TO = [(1, "21211"), (2, "21612"), (3, "21408"), (4, "21610"), (9, "21614")]
FROM = [(1, "21212"), (7, "21606"), (8, "21611")]


@pytest.mark.parametrize(("last", "code"), TO)
def test_magic_recipients(testing: TwilioClient, last: int, code: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        testing.send_message(f"+1500555000{last}", body="x", sender="+15005550006")
    assert raised.value.code == code


@pytest.mark.parametrize(("last", "code"), FROM)
def test_magic_senders(testing: TwilioClient, last: int, code: str) -> None:
    with pytest.raises((InvalidRequestError, RateLimitedError)) as raised:
        testing.send_message(ALEX, body="x", sender=f"+1500555000{last}")
    assert raised.value.code == code


def test_the_good_magic_sender_is_taken_and_nothing_is_kept_or_reported() -> None:
    clock = ManualClock()
    fake = FakeTwilio(clock=clock, test_credentials=True)
    client = TwilioClient.from_env({}, mode="mock", wire=fake)
    sent = client.send_message(ALEX, body="x", sender="+15005550006", status_callback=URL)
    clock.advance(60)
    assert sent.status == "queued"
    assert fake.deliveries() == []
    assert fake.phone(ALEX).messages == []


def test_your_own_number_is_not_a_magic_one(testing: TwilioClient) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        testing.send_message(ALEX, body="x", sender=NUMBER)
    assert raised.value.code == "21606"


def test_test_credentials_do_not_cover_verify_or_reading(testing: TwilioClient) -> None:
    calls: list[Any] = [
        lambda: testing.start_verification(ALEX),
        lambda: testing.get_message("SM" + "a" * 32),
        testing.fetch_account,
    ]
    for call in calls:
        with pytest.raises(AuthenticationError) as raised:
            call()
        assert raised.value.code == "20008"
    assert testing.lookup_phone_number(ALEX).valid


# The life of a message ---------------------------------------------------------------------------


def test_a_message_lives_by_the_clock(lab: Mock) -> None:
    sid = lab.client.send_message(ALEX, body="Hello", sender=NUMBER).sid
    seen = []
    for _ in range(8):
        seen.append(lab.client.get_message(sid).status)
        lab.clock.advance(0.5)
    assert list(dict.fromkeys(seen)) == ["queued", "sending", "sent", "delivered"]


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007])
def test_a_message_that_is_not_delivered_tells_why(lab: Mock, code: int) -> None:
    lab.fake.phone(ALEX).fails_with(code)
    sid = lab.client.send_message(ALEX, body="Hello").sid
    lab.clock.advance(5)
    message = lab.client.get_message(sid)
    assert (message.status, message.error_code) == ("undelivered", code)
    assert message.error_message
    assert lab.fake.phone(ALEX).messages == []
    lab.fake.phone(ALEX).works()
    lab.client.send_message(ALEX, body="Again")
    lab.clock.advance(5)
    assert [m.body for m in lab.fake.phone(ALEX).messages] == ["Again"]


def test_a_landline_gets_no_text(lab: Mock) -> None:
    lab.fake.set_line(ALEX, Line("landline"))
    sid = lab.client.send_message(ALEX, body="Hello").sid
    lab.clock.advance(5)
    assert lab.client.get_message(sid).error_code == 30006


def test_callbacks_are_signed_by_the_sdk_and_tell_each_step(lab: Mock) -> None:
    sid = lab.client.send_message(ALEX, body="Hello", status_callback=URL, sender=NUMBER).sid
    lab.clock.advance(5)
    posted = lab.fake.deliveries()
    assert [each.event for each in posted] == [
        "message.queued",
        "message.sent",
        "message.delivered",
    ]
    validator = RequestValidator("00000000000000000000000000000002")
    for each in posted:
        signature = each.headers["x-twilio-signature"]
        assert validator.validate(each.url, dict(each.params), signature)
        assert not validator.validate(each.url + "?x=1", dict(each.params), signature)
        assert each.params["MessageSid"] == sid
        assert each.target == "/twilio/status"


def test_callbacks_are_posted_in_the_order_in_which_things_happened(lab: Mock) -> None:
    lab.client.send_message(ALEX, body="Hello", status_callback=URL)
    lab.clock.advance(5)
    lab.fake.phone(ALEX).send("Hello", to=NUMBER)
    events = [each.event for each in lab.fake.deliveries()]
    assert events == ["message.sent", "message.delivered", "inbound.message"]


def test_callbacks_may_come_twice_and_in_reverse_and_the_pipeline_copes(lab: Mock) -> None:
    pipeline, seen = webhook_pipeline(lab.client.settings, clock=lab.clock), list[str]()
    pipeline.on("*")(lambda event: seen.append(event.type))
    lab.client.send_message(ALEX, body="Hello", status_callback=URL, sender=NUMBER)
    lab.clock.advance(5)
    statuses = lab.fake.webhooks.deliver(pipeline.receive, twice=True, reverse=True)
    assert statuses == [200] * 6
    assert seen == ["message.delivered", "message.sent", "message.queued"]
    assert lab.fake.deliveries() == []


@pytest.mark.parametrize(
    ("fragment", "left"),
    [("", 0), ("#rp=4xx", 0), ("#rp=5xx", 1), ("#rc=2&rp=all", 1), ("#rc=0&rp=all", 0)],
)
def test_a_callback_that_failed_comes_again_only_if_the_url_asks(
    lab: Mock, fragment: str, left: int
) -> None:
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)

    def broken(_event: object) -> None:
        raise RuntimeError

    pipeline.on("*")(broken)
    lab.client.send_message(ALEX, body="Hello", status_callback=URL + fragment)
    lab.clock.advance(1.5)
    assert lab.fake.webhooks.deliver(pipeline.receive) == [500]
    assert len(lab.fake.deliveries()) == left
    assert all(each.url == URL for each in lab.fake.deliveries())


# WhatsApp ----------------------------------------------------------------------------------------


def test_free_text_reaches_whatsapp_within_24_hours_of_theirs(lab: Mock) -> None:
    phone = lab.fake.phone(f"whatsapp:{ALEX}")

    def ends(**content: Any) -> tuple[str, int | None]:
        sid = lab.client.send_whatsapp_message(ALEX, **content).sid
        lab.clock.advance(10)
        found = lab.client.get_message(sid)
        return found.status, found.error_code

    assert ends(body="Hello") == ("failed", 63016)
    assert ends(content_sid=MOCK_TEMPLATE)[0] == "delivered"
    phone.send("Hello", to=WHATSAPP)
    assert ends(body="Hello")[0] == "delivered"
    lab.clock.advance(24 * 3600 - 11)
    assert ends(body="Still in time")[0] == "delivered"
    assert ends(body="Late") == ("failed", 63016)


def test_only_whatsapp_tells_what_was_read(lab: Mock) -> None:
    sid = lab.client.send_whatsapp_message(ALEX, content_sid=MOCK_TEMPLATE).sid
    lab.clock.advance(10)
    lab.fake.phone(f"whatsapp:{ALEX}").read()
    assert lab.client.get_message(sid).status == "read"
    with pytest.raises(ValueError, match="WhatsApp"):
        lab.fake.phone(ALEX).read()


def test_templates_are_filled_or_refused(lab: Mock) -> None:
    lab.fake.add_template(Template("HX" + "b" * 32, "Code {{code}} for {{who}}", approved=False))
    with pytest.raises(InvalidRequestError) as raised:
        lab.client.send_whatsapp_message(ALEX, content_sid="HX" + "c" * 32)
    assert raised.value.code == "21655"
    sid = lab.client.send_whatsapp_message(
        ALEX, content_sid="HX" + "b" * 32, content_variables={"code": "7"}
    ).sid
    lab.clock.advance(10)
    # Not approved by WhatsApp: it is as good as free text.
    assert lab.client.get_message(sid).error_code == 63016
    assert lab.client.get_message(sid).body == "Code 7 for {{who}}"


# Opt-outs ----------------------------------------------------------------------------------------


def test_stop_is_kept_per_sender_and_start_lifts_it(lab: Mock) -> None:
    phone = lab.fake.phone(ALEX)
    lab.fake.state.numbers.add("+15017122662")
    phone.send(" stop ", to=NUMBER)
    for sender in (None, NUMBER):
        with pytest.raises(InvalidRequestError) as raised:
            lab.client.send_message(ALEX, body="Hello", sender=sender)
        assert raised.value.code == "21610"
        assert not raised.value.retryable
    assert lab.client.send_message(ALEX, body="Hello", sender="+15017122662").sent
    assert lab.client.send_message(KIM, body="Hello").sent
    phone.send("START", to=NUMBER)
    assert lab.client.send_message(ALEX, body="Hello").sent
    phone.send("Please stop", to=NUMBER)
    assert lab.client.send_message(ALEX, body="Hello").sent
    lab.clock.advance(5)
    answers = [m.body for m in phone.messages if "ubscribe" in m.body]
    assert len(answers) == 2


def test_an_inbound_message_is_posted_and_answered_by_twiml(lab: Mock) -> None:
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.on("inbound.message")(lambda event: f"You said: {event.typed.body} <&>")
    phone = lab.fake.phone(ALEX)
    phone.send("Hello & good morning", to=NUMBER)
    assert lab.fake.webhooks.deliver(pipeline.receive) == [200]
    assert [m.body for m in phone.messages] == [
        "Hello & good morning",
        "You said: Hello & good morning <&>",
    ]
    inbound = [each for each in lab.client.list_messages() if each.direction == "inbound"]
    assert [(each.status, each.final) for each in inbound] == [("received", True)]
    shown = phone._repr_html_()
    assert "Hello &amp; good morning" in shown
    assert "&lt;&amp;&gt;" in shown


def test_no_reply_reaches_somebody_who_said_stop(lab: Mock) -> None:
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.on("*")(lambda _event: "Do not go!")
    phone = lab.fake.phone(ALEX)
    phone.send("STOP", to=NUMBER)
    lab.fake.webhooks.deliver(pipeline.receive)
    assert "Do not go!" not in [m.body for m in phone.messages]


# Refusals ----------------------------------------------------------------------------------------


def test_what_the_account_may_not_do(lab: Mock) -> None:
    state = lab.fake.state
    cases: list[tuple[str, Any]] = [
        ("21606", lambda: lab.client.send_message(ALEX, body="x", sender="+15017122669")),
        ("21701", lambda: lab.client.send_message(ALEX, body="x", sender="MG" + "9" * 32)),
    ]
    for code, call in cases:
        with pytest.raises((InvalidRequestError, NotFoundError)) as raised:
            call()
        assert raised.value.code == code
    state.blocked_countries.add(49)
    with pytest.raises(InvalidRequestError, match="Geo permissions"):
        lab.client.send_message("+4915112345678", body="x")
    state.verified = {KIM}
    with pytest.raises(InvalidRequestError) as trial:
        lab.client.send_message(ALEX, body="x")
    assert trial.value.code == "21608"
    assert lab.client.send_message(KIM, body="x").sent
    assert lab.client.fetch_account().type == "Trial"
    with pytest.raises(NotFoundError):
        lab.client.get_message("SM" + "f" * 32)


def test_other_accounts_do_not_exist_here(lab: Mock) -> None:
    client = TwilioClient.from_env(
        {
            "TWILIO_ACCOUNT_SID": "AC" + "b" * 32,
            "TWILIO_API_KEY": "SK" + "a" * 32,
            "TWILIO_API_KEY_SECRET": "secretsecretsecret",
        },
        mode="mock",
        wire=FakeTwilio(api_key=("SK" + "a" * 32, "secretsecretsecret")),
    )
    with pytest.raises(NotFoundError):
        client.fetch_account()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://verify.twilio.com/2010-04-01/Accounts/AC1/Messages.json"},
        {"url": "https://api.twilio.com/2010-04-01/Nowhere.json"},
        {"method": "PATCH"},
        {"headers": {}},
        {"headers": {"authorization": "Basic \ud7ff"}},
        {"headers": {"authorization": "Bearer x"}},
        {"body": b"To=%2B1"},
        {"body": b"\xff\xfe"},
        {"body": b""},
    ],
)
def test_whatever_comes_in_the_fake_answers_with_an_error_of_twilio(
    lab: Mock, change: dict[str, Any]
) -> None:
    lab.client.send_message(ALEX, body="Hello")
    answer = lab.fake(replace(lab.fake.requests[-1], **change))
    assert 400 <= answer.status < 500
    assert {"code", "message", "more_info", "status"} <= set(answer.json())


def _sent_by(function: Any) -> set[str]:
    """Read the parameters that a function of the SDK can send, from its source."""
    return set(re.findall(r'^ +"([A-Z]\w+[<>]?)": ', inspect.getsource(function), re.MULTILINE))


def test_it_knows_exactly_the_parameters_that_the_sdk_can_send() -> None:
    path = "/2010-04-01/Accounts/{account}/Messages.json"
    known = {(r.method, r.pattern): set(r.params) for r in ROUTES}
    assert len(_sent_by(MessageList._create)) > 20
    assert known["POST", path] == _sent_by(MessageList._create)
    assert known["GET", path] == _sent_by(MessageList.page)


def test_a_mock_client_without_a_wire_makes_its_own_fake() -> None:
    client = TwilioClient.from_env({}, mode="mock")
    assert client.send_message(ALEX, body="Hello").sent
    assert isinstance(client.fake, FakeTwilio)
    with pytest.raises(ConfigurationError):
        TwilioClient.from_env({"TWILIO_ACCOUNT_SID": "AC1"}, mode="mock")


def test_a_mistake_in_a_test_is_told_at_once(lab: Mock) -> None:
    with pytest.raises(ValueError, match="is not E"):
        lab.fake.phone("202-555-0142")
    with pytest.raises(ValueError, match=re.escape(NUMBER)):
        lab.fake.phone(ALEX).send("Hello", to=KIM)


def test_a_fake_of_ones_own_lets_the_api_key_in() -> None:
    env = {"TWILIO_API_KEY": "SK" + "a" * 32, "TWILIO_API_KEY_SECRET": "secretsecretsecret"}
    assert TwilioClient.from_env(env, mode="mock").fetch_account().status == "active"


def test_requests_are_kept_with_what_left(lab: Mock) -> None:
    lab.client.send_message(ALEX, body="Hello")
    request: Request = lab.fake.requests[0]
    assert (request.method, request.path[-14:]) == ("POST", "/Messages.json")
    assert "hello" not in repr(request).lower()
