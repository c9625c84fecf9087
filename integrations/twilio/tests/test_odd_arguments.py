"""Bad input ends in a typed error that names the argument, and no request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from integrations.core.clock import EXAMPLE_TIME
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock
from integrations.twilio import shortcuts
from integrations.twilio.tests.conftest import ALEX

NOW = datetime.fromtimestamp(EXAMPLE_TIME, tz=UTC)
SID, TEMPLATE = "SM" + "a" * 32, "HX" + "a" * 32
EAST, WEST = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))
Case = tuple[str, Callable[[Any], object]]

CASES: list[Case] = [
    ("to", lambda c: c.send_message("alex", body="x")),
    ("to", lambda c: c.send_message("+1202555", body="x")),
    ("to", lambda c: c.send_message(None, body="x")),
    ("to", lambda c: c.send_message("whatsapp:+12025550142", body="x")),
    ("to", lambda c: c.send_whatsapp_message("+1", body="x")),
    ("body", lambda c: c.send_message(ALEX)),
    ("body", lambda c: c.send_message(ALEX, body="")),
    ("body", lambda c: c.send_message(ALEX, body="  \n")),
    ("body", lambda c: c.send_message(ALEX, body=7)),
    ("body", lambda c: c.send_message(ALEX, body=b"x")),
    ("body", lambda c: c.send_message(ALEX, body="x" * 1601)),
    ("body", lambda c: c.send_message(ALEX, body="half \ud83d emoji")),
    ("media_url", lambda c: c.send_message(ALEX, media_url="https://a.example/b.jpg")),
    ("media_url[0]", lambda c: c.send_message(ALEX, media_url=["a.jpg"])),
    ("media_url[0]", lambda c: c.send_message(ALEX, media_url=["file:///etc/passwd"])),
    ("media_url[0]", lambda c: c.send_message(ALEX, media_url=["http://a.example/b.jpg"])),
    ("media_url[0]", lambda c: c.send_message(ALEX, media_url=["https://[::1"])),
    ("media_url[0]", lambda c: c.send_message(ALEX, media_url=["https://a.example:x/"])),
    ("media_url[1]", lambda c: c.send_message(ALEX, media_url=["https://a.example/b", ""])),
    ("media_url", lambda c: c.send_message(ALEX, media_url=["https://a.example/b"] * 11)),
    ("content_sid", lambda c: c.send_message(ALEX, content_sid="HX1")),
    ("content_sid", lambda c: c.send_message(ALEX, content_sid=TEMPLATE, body="x")),
    ("content_variables", lambda c: c.send_message(ALEX, body="x", content_variables={"1": "a"})),
    (
        "content_variables",
        lambda c: c.send_message(ALEX, content_sid=TEMPLATE, content_variables={"1": 7}),
    ),
    (
        "content_variables",
        lambda c: c.send_message(ALEX, content_sid=TEMPLATE, content_variables=["a"]),
    ),
    *(
        (
            "content_variables",
            lambda c, given=given: c.send_message(
                ALEX, content_sid=TEMPLATE, content_variables=given
            ),
        )
        for given in ({"1": "half \ud83d"}, {"\ud83d": "a"})
    ),
    ("status_callback", lambda c: c.send_message(ALEX, body="x", status_callback="ftp://a.b/c")),
    (
        "status_callback",
        lambda c: c.send_message(ALEX, body="x", status_callback="https://my_host.example/"),
    ),
    ("validity_period_s", lambda c: c.send_message(ALEX, body="x", validity_period_s=0)),
    ("validity_period_s", lambda c: c.send_message(ALEX, body="x", validity_period_s=36_001)),
    ("validity_period_s", lambda c: c.send_message(ALEX, body="x", validity_period_s=True)),
    ("send_at", lambda c: c.schedule_message(ALEX, body="x", send_at=NOW)),
    (
        "send_at",
        lambda c: c.schedule_message(ALEX, body="x", send_at=NOW + timedelta(seconds=899)),
    ),
    (
        "send_at",
        lambda c: c.schedule_message(ALEX, body="x", send_at=NOW + timedelta(days=35, seconds=1)),
    ),
    (
        "send_at",
        lambda c: c.schedule_message(ALEX, body="x", send_at=datetime(2026, 1, 6)),  # noqa: DTZ001
    ),
    ("send_at", lambda c: c.schedule_message(ALEX, body="x", send_at="tomorrow")),
    ("sid", lambda c: c.get_message("SM1")),
    ("sid", lambda c: c.get_message("VE" + "a" * 32)),
    ("sid", lambda c: c.get_message(SID + "/../..")),
    ("sid", lambda c: c.get_message(None)),
    ("sid", lambda c: c.cancel_message("")),
    ("page_size", lambda c: c.list_messages(page_size=0)),
    ("page_size", lambda c: c.list_messages(page_size=1001)),
    ("to", lambda c: c.list_messages(to="alex")),
    ("sent_after", lambda c: c.list_messages(sent_after="2026-01-01")),
    ("sent_before", lambda c: c.list_messages(sent_before=datetime(2026, 1, 1))),  # noqa: DTZ001
    ("sent_after", lambda c: c.list_messages(sent_after=datetime.min.replace(tzinfo=EAST))),
    ("sent_before", lambda c: c.list_messages(sent_before=datetime.max.replace(tzinfo=WEST))),
    ("number", lambda c: c.lookup_phone_number("nobody")),
    ("channel", lambda c: c.start_verification(ALEX, channel="pigeon")),
    ("to", lambda c: c.start_verification("alex@example.com")),
    ("to", lambda c: c.start_verification(ALEX, channel="email")),
    ("rate_limits", lambda c: c.start_verification(ALEX, rate_limits={})),
    ("rate_limits", lambda c: c.start_verification(ALEX, rate_limits={"ip": 7})),
    ("locale", lambda c: c.start_verification(ALEX, locale="")),
    ("to", lambda c: c.check_verification("123456")),
    ("to", lambda c: c.check_verification("123456", to=7)),
    ("code", lambda c: c.check_verification("12345a", to=ALEX)),
    ("code", lambda c: c.check_verification("123", to=ALEX)),
    ("code", lambda c: c.check_verification("١٢٣٤٥٦", to=ALEX)),
    ("code", lambda c: c.check_verification(123456, to=ALEX)),
    ("verification_sid", lambda c: c.check_verification("123456", verification_sid="VE1")),
    ("unique_name", lambda c: c.create_rate_limit("")),
    ("rate_limit_sid", lambda c: c.create_bucket("ip", max_starts=1, interval_s=1)),
    (
        "max_starts",
        lambda c: c.create_bucket("RK" + "a" * 32, max_starts=0, interval_s=1),
    ),
]


@pytest.mark.parametrize(("argument", "call"), CASES)
def test_it_is_refused_before_any_request(
    lab: Mock, argument: str, call: Callable[[Any], object]
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        call(lab.client)
    error = raised.value
    assert error.argument == argument
    assert error.status is None
    assert argument.partition("[")[0] in str(error)
    assert lab.fake.requests == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda c: c.send_message(ALEX), "body is missing: give"),
        (lambda c: c.check_verification("123456"), "to or verification_sid: give exactly one"),
        (
            lambda c: c.send_message(ALEX, content_sid=TEMPLATE, content_variables={"1": 7}),
            "content_variables must map",
        ),
        (lambda c: c.start_verification(ALEX, rate_limits={"ip": 7}), "rate_limits must map"),
        (lambda c: c.start_verification(ALEX, channel="pigeon"), "channel must be .* 'pigeon'"),
    ],
)
def test_the_refusal_is_a_sentence(lab: Mock, call: Callable[[Any], object], told: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"twilio: {told}"):
        call(lab.client)


@pytest.mark.parametrize("status", ["lost", None, ["shipped"]])
def test_an_order_in_a_status_without_a_text_is_refused(lab: Mock, status: Any) -> None:
    order = type("Order", (), {"number": "A-1001", "phone_number": ALEX, "status": status})()
    with pytest.raises(InvalidRequestError, match=r"order\.status must be one of confirmed"):
        shortcuts.send_order_update(order, client=lab.client)
    assert lab.fake.requests == []


def test_the_ends_of_the_schedule_are_taken(lab: Mock) -> None:
    for ahead in (timedelta(minutes=15), timedelta(days=35)):
        assert lab.client.schedule_message(ALEX, body="x", send_at=NOW + ahead).sent


def test_the_longest_body_is_taken(lab: Mock) -> None:
    assert lab.client.send_message(ALEX, body="x" * 1600).segments == 11


def test_a_code_is_not_repeated_in_its_error(lab: Mock) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        lab.client.check_verification("12345x", to=ALEX)
    assert "12345" not in str(raised.value)


def test_a_path_needs_the_public_base_url() -> None:
    from integrations.twilio.client import TwilioClient

    client = TwilioClient.from_env({"TWILIO_FROM": "+15017122661"}, mode="debug")
    with pytest.raises(InvalidRequestError, match="TWILIO_PUBLIC_BASE_URL"):
        client.send_message(ALEX, body="x", status_callback="/twilio/status")
