"""The fake's Verify refuses what Verify refuses, with its codes."""

from typing import Any

import pytest
from twilio.rest import Client

from integrations.core.clock import ManualClock
from integrations.core.config import Mode
from integrations.core.errors import ProviderError
from integrations.core.workbook import Mock, Workbook
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import FakeTwilio
from integrations.twilio.fake_state import Line

NUMBER, OTHER = "+12025550142", "+12025550199"


@pytest.fixture
def lab() -> Mock:
    return Workbook(Mode.MOCK, {}).mock("twilio")


def shown_code(fake: Any, number: str = NUMBER) -> str:
    return str(fake.phone(number).messages[-1].body[-6:])


def refusal(call: Any, *args: Any, **options: Any) -> tuple[int | None, str | None]:
    with pytest.raises(ProviderError) as caught:
        call(*args, **options)
    return caught.value.status, caught.value.code


def test_a_code_is_approved_once(lab: Mock) -> None:
    started = lab.client.start_verification(NUMBER)
    assert (started.status, started.sid[:2]) == ("pending", "VE")
    code = shown_code(lab.fake)
    assert lab.client.check_verification(code, to=NUMBER).approved
    assert refusal(lab.client.check_verification, code, to=NUMBER) == (404, "20404")


def test_a_wrong_code_is_pending_and_no_error(lab: Mock) -> None:
    started = lab.client.start_verification(NUMBER)
    wrong = f"{(int(shown_code(lab.fake)) + 1) % 10**6:06d}"
    checked = lab.client.check_verification(wrong, verification_sid=started.sid)
    assert (checked.status, checked.raw["valid"]) == ("pending", False)
    assert lab.client.check_verification(shown_code(lab.fake), to=NUMBER).approved


def test_the_sixth_check_is_refused_even_with_the_right_code(lab: Mock) -> None:
    lab.client.start_verification(NUMBER)
    code = shown_code(lab.fake)
    for _ in range(5):
        lab.client.check_verification("0" + code, to=NUMBER)
    assert refusal(lab.client.check_verification, code, to=NUMBER) == (429, "60202")


def test_the_same_code_is_sent_again_and_the_sixth_send_is_refused(lab: Mock) -> None:
    sids = {lab.client.start_verification(NUMBER).sid for _ in range(5)}
    bodies = {message.body for message in lab.fake.phone(NUMBER).messages}
    assert (len(sids), len(bodies), len(lab.fake.phone(NUMBER).messages)) == (1, 1, 5)
    assert refusal(lab.client.start_verification, NUMBER) == (429, "60203")
    lab.client.start_verification(OTHER)


def test_after_ten_minutes_there_is_a_new_code(lab: Mock) -> None:
    first = lab.client.start_verification(NUMBER)
    code = shown_code(lab.fake)
    lab.clock.advance(599)
    assert lab.client.get_verification(first.sid).status == "pending"
    lab.clock.advance(1)
    assert refusal(lab.client.check_verification, code, to=NUMBER) == (404, "20404")
    assert refusal(lab.client.get_verification, first.sid) == (404, "20404")
    second = lab.client.start_verification(NUMBER)
    assert (second.sid != first.sid, shown_code(lab.fake) != code) == (True, True)


def test_what_was_never_started_is_not_found(lab: Mock) -> None:
    assert refusal(lab.client.check_verification, "123456", to=NUMBER) == (404, "20404")
    sid = "VE" + "a" * 32
    check = lab.client.check_verification
    assert refusal(check, "123456", verification_sid=sid) == (404, "20404")


def test_a_cancelled_code_is_gone(lab: Mock) -> None:
    started = lab.client.start_verification(NUMBER)
    assert lab.client.cancel_verification(started.sid).status == "canceled"
    assert refusal(lab.client.check_verification, shown_code(lab.fake), to=NUMBER)[1] == "20404"
    assert refusal(lab.client.cancel_verification, started.sid)[1] == "20404"


def test_blocks_and_collisions_have_codes_of_their_own(lab: Mock) -> None:
    lab.fake.state.verify.blocked["+37125"] = lab.clock.time() + 12 * 3600
    assert refusal(lab.client.start_verification, "+37125551234") == (403, "60410")
    lab.clock.advance(12 * 3600)
    lab.client.start_verification("+37125551234")
    lab.fake.state.verify.concurrent.add(NUMBER)
    assert refusal(lab.client.start_verification, NUMBER) == (429, "60212")
    lab.client.start_verification(NUMBER)
    lab.fake.set_line(OTHER, Line("landline"))
    assert refusal(lab.client.start_verification, OTHER) == (400, "60205")
    lab.client.start_verification(OTHER, channel="call")
    lab.fake.state.blocked_countries.add(371)
    assert refusal(lab.client.start_verification, "+37125551234") == (403, "60605")


def test_the_owners_limits_count_by_value(lab: Mock) -> None:
    limit = lab.client.create_rate_limit("ip", description="per address")
    lab.client.create_bucket(limit.sid, max_starts=2, interval_s=60)
    start = lab.client.start_verification
    for number in (NUMBER, OTHER):
        start(number, rate_limits={"ip": "192.0.2.1"})
    assert refusal(start, NUMBER, rate_limits={"ip": "192.0.2.1"}) == (429, "20429")
    start(NUMBER, rate_limits={"ip": "192.0.2.2"})
    lab.clock.advance(60)
    start(NUMBER, rate_limits={"ip": "192.0.2.1"})
    assert refusal(start, NUMBER, rate_limits={"nope": "1"}) == (400, "60200")
    assert refusal(lab.client.create_rate_limit, "ip") == (400, "60200")


def test_status_reads_are_limited(lab: Mock) -> None:
    sid = lab.client.start_verification(NUMBER).sid
    for _ in range(60):
        lab.client.get_verification(sid)
    fetch = sdk(lab.fake).verify.v2.services(SERVICE).verifications(sid).fetch
    assert refusal(fetch) == (429, "20429")


def test_a_code_reaches_the_channel_it_was_asked_for(lab: Mock) -> None:
    lab.client.start_verification(NUMBER, channel="whatsapp")
    assert lab.fake.phone(NUMBER).messages == []
    assert len(lab.fake.phone(f"whatsapp:{NUMBER}").messages) == 1
    lab.client.start_verification(OTHER, channel="call")
    assert "Once again" in lab.fake.phone(OTHER).messages[-1].body
    lab.client.start_verification("kim@example.com", channel="email")
    assert lab.fake.state.verify.texts[-1].to == "kim@example.com"


def test_a_code_shows_nowhere_but_on_the_phone(lab: Mock) -> None:
    lab.client.start_verification(NUMBER)
    code = shown_code(lab.fake)
    assert list(lab.client.list_messages()) == []
    shown = repr(lab.fake.state.verify.verifications) + repr(lab.outbox)
    assert code not in shown


def test_test_credentials_do_not_cover_verify() -> None:
    clock = ManualClock()
    fake = FakeTwilio(clock=clock, test_credentials=True)
    client = TwilioClient.from_env({}, mode="mock", wire=fake, clock=clock)
    assert refusal(client.start_verification, NUMBER) == (403, "20008")


SERVICE = "VA00000000000000000000000000000004"


def sdk(fake: Any) -> Client:
    """The vendor's own client on the fake: nothing of ours checks the arguments first."""
    from integrations.core.clock import SYSTEM_CLOCK
    from integrations.twilio.fake import MOCK_ACCOUNT_SID, MOCK_AUTH_TOKEN
    from integrations.twilio.transport import WireHttpClient

    http = WireHttpClient(fake, api_base="", clock=SYSTEM_CLOCK)
    return Client(MOCK_ACCOUNT_SID, MOCK_AUTH_TOKEN, http_client=http)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"to": "no number", "channel": "sms"}, "60200"),
        ({"to": "+1", "channel": "sms"}, "60200"),
        ({"to": NUMBER, "channel": "pigeon"}, "60200"),
        ({"to": NUMBER, "channel": ""}, "60200"),
        ({"to": "kim", "channel": "email"}, "60200"),
    ],
)
def test_a_bad_start_is_refused(lab: Mock, options: dict[str, str], code: str) -> None:
    service = sdk(lab.fake).verify.v2.services(SERVICE)
    assert refusal(service.verifications.create, **options) == (400, code)


@pytest.mark.parametrize(
    "options",
    [
        {"code": "123456"},
        {"to": NUMBER},
        {"code": "123456", "to": NUMBER, "verification_sid": "VE" + "0" * 32},
    ],
)
def test_a_bad_check_is_refused(lab: Mock, options: dict[str, str]) -> None:
    service = sdk(lab.fake).verify.v2.services(SERVICE)
    assert refusal(service.verification_checks.create, **options) == (400, "60200")


def test_a_service_that_is_not_there(lab: Mock) -> None:
    service = sdk(lab.fake).verify.v2.services("VA" + "f" * 32)
    assert refusal(service.verifications.create, to=NUMBER, channel="sms") == (404, "20404")
    assert refusal(service.rate_limits.create, unique_name="ip") == (404, "20404")


def test_approving_from_the_other_side(lab: Mock) -> None:
    service = sdk(lab.fake).verify.v2.services(SERVICE)
    sid = service.verifications.create(to=NUMBER, channel="sms").sid
    assert refusal(service.verifications(sid).update, status="pending") == (400, "60200")
    assert service.verifications(sid).update(status="approved").status == "approved"
    assert refusal(service.verifications(sid).fetch) == (404, "20404")


@pytest.mark.parametrize("most", ["0", "-1", "many"])
def test_a_bucket_needs_a_number(lab: Mock, most: str) -> None:
    service = sdk(lab.fake).verify.v2.services(SERVICE)
    limit = service.rate_limits.create(unique_name="ip")
    create = service.rate_limits(limit.sid).buckets.create
    assert refusal(create, max=most, interval=60) == (400, "60200")
    other = service.rate_limits("RK" + "f" * 32).buckets.create
    assert refusal(other, max=1, interval=60) == (404, "20404")
