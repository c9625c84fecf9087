"""What is tried again, when, with what, and how it ends when nothing helps."""

from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core import faults as f
from integrations.core.clock import EXAMPLE_TIME
from integrations.core.config import Mode
from integrations.core.errors import (
    DuplicateRequestError,
    InvalidRequestError,
    NetworkError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.wire import ReplyTimeoutError, Request, Response, Wire
from integrations.core.workbook import Mock, Workbook

RESET: dict[str, Any] = {
    "transactional_id": "clpasswordreset01",
    "data_variables": {"resetUrl": "https://x.test"},
}
LOST = [f.timeout_lost, f.reply_lost, f.truncated_lost]
NEVER = [f.rate_limited(), f.connect_failure]
FAILED = [f.status(500), f.html_502]
SENDS: list[Callable[[Any], Any]] = [
    lambda c: c.send_transactional("a@acme.example", **RESET),
    lambda c: c.send_event("e", email="a@acme.example"),
]
send = pytest.mark.parametrize("send", SENDS, ids=["email", "event"])


def at(seconds: float) -> str:
    from datetime import UTC, datetime

    return format_datetime(datetime.fromtimestamp(EXAMPLE_TIME + seconds, UTC), usegmt=True)


def effects(lab: Mock) -> int:
    return len(lab.fake.emails) + len(lab.fake.state.events)


@pytest.mark.parametrize("asked", ["7", at(7)], ids=["seconds", "date"])
def test_both_forms_of_retry_after_are_waited_for(lab: Mock, asked: str) -> None:
    lab.faults.inject(f.rate_limited(asked))
    assert lab.client.send_transactional("a@acme.example", **RESET).attempts == 2
    assert 7 <= lab.clock.sleeps[0] < 7.7
    assert len(lab.fake.emails) == 1


@pytest.mark.parametrize("asked", ["21", "86400", at(3600)])
def test_a_wait_beyond_the_cap_is_the_callers_to_decide(lab: Mock, asked: str) -> None:
    lab.faults.inject(f.rate_limited(asked))
    with pytest.raises(RateLimitedError) as raised:
        lab.client.send_transactional("a@acme.example", **RESET)
    assert raised.value.retry_after is not None
    assert raised.value.retry_after > 20
    assert not raised.value.outcome_unknown
    assert lab.clock.sleeps == []
    assert len(lab.outbox) == 1


@send
@pytest.mark.parametrize("fault", [*LOST, *FAILED, *NEVER])
def test_a_keyed_send_ends_in_one_effect_under_one_key(
    lab: Mock, send: Callable[[Any], Any], fault: f.Fault
) -> None:
    lab.faults.inject(fault, fault)
    result = send(lab.client)
    # A 409 is proof even when its body is cut.
    assert (result.sent, result.attempts) == (True, 2 if fault is f.truncated_lost else 3)
    assert result.already_processed == (fault in LOST)
    assert {each.request.headers["idempotency-key"] for each in lab.outbox} == {"key-0001"}
    assert effects(lab) == 1


@send
@pytest.mark.parametrize("fault", NEVER)
def test_a_409_after_failures_that_did_nothing_is_a_duplicate(
    lab: Mock, send: Callable[[Any], Any], fault: f.Fault
) -> None:
    send(lab.client)
    twin = Workbook(Mode.MOCK, {}).mock("loops").client  # counts its keys from the start again
    client = type(twin)(lab.client.settings, wire=lab.faults, clock=lab.clock, new_id=lambda: KEY)
    lab.faults.inject(fault)
    with pytest.raises(DuplicateRequestError) as raised:
        send(client)
    assert (raised.value.status, raised.value.argument) == (409, "idempotency_key")
    assert not raised.value.outcome_unknown
    assert effects(lab) == 1


KEY = "key-0001"


@pytest.mark.parametrize("between", NEVER)
def test_a_lost_reply_is_remembered_past_a_failure_that_did_nothing(
    lab: Mock, between: f.Fault
) -> None:
    lab.faults.inject(f.reply_lost, between)
    result = lab.client.send_transactional("a@acme.example", **RESET)
    assert (result.sent, result.attempts, result.already_processed) == (True, 3, True)
    lab.faults.inject(f.reply_lost, between, between)
    with pytest.raises(ProviderError) as raised:
        lab.client.send_transactional("a@acme.example", **RESET)
    assert raised.value.outcome_unknown
    assert "idempotency_key='key-0002'" in str(raised.value)


@pytest.mark.parametrize(
    ("fault", "error", "unknown"),
    [
        (f.status(500), UnavailableError, True),
        (f.html_502, UnavailableError, True),
        (f.connect_failure, NetworkError, False),
        (f.timeout_lost, NetworkError, True),
        (f.reply_lost, NetworkError, True),
        (f.rate_limited("1"), RateLimitedError, False),
    ],
)
@send
def test_when_nothing_helps_the_error_tells_whether_it_may_have_happened(
    lab: Mock,
    send: Callable[[Any], Any],
    fault: f.Fault,
    error: type[ProviderError],
    unknown: bool,
) -> None:
    lab.faults.inject(fault, fault, fault)
    with pytest.raises(error) as raised:
        send(lab.client)
    assert type(raised.value) is error
    assert raised.value.outcome_unknown is unknown
    assert (KEY in str(raised.value)) is unknown
    assert raised.value.hint
    assert raised.value.__cause__ is not None
    assert len(lab.outbox) == 3
    assert effects(lab) <= int(unknown)


@pytest.mark.parametrize("fault", [f.status(400), f.status(401), f.status(404), f.status(422)])
def test_a_refusal_is_not_repeated(lab: Mock, fault: f.Fault) -> None:
    lab.faults.inject(fault)
    with pytest.raises(ProviderError) as raised:
        lab.client.send_transactional("a@acme.example", **RESET)
    assert not raised.value.outcome_unknown
    assert len(lab.outbox) == 1
    lab.faults.inject(f.timeout_lost, fault)
    with pytest.raises(ProviderError) as raised:
        lab.client.send_transactional("a@acme.example", **RESET)
    assert raised.value.outcome_unknown


def unanswered(_request: Request, _wire: Wire) -> Response:
    """Lose the request on its way: the client cannot tell this from a lost reply."""
    raise ReplyTimeoutError("lost on the way")


CHANGES: list[Callable[[Any], Any]] = [
    lambda c: c.create_contact("b@acme.example"),
    lambda c: c.update_contact(email="a@acme.example", last_name="B"),
    lambda c: c.delete_contact(email="a@acme.example"),
    lambda c: c.remove_suppression(email="a@acme.example"),
    lambda c: c.create_contact_property("plan", type="string"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_unkeyed_change_is_repeated_only_when_it_cannot_have_happened(
    lab: Mock, change: Callable[[Any], Any]
) -> None:
    lab.client.send_transactional("a@acme.example", **RESET)
    lab.fake.bounce("a@acme.example")
    for fault in (unanswered, *FAILED):
        seen = len(lab.outbox)
        lab.faults.inject(fault)
        with pytest.raises(ProviderError, match="Look whether it did") as raised:
            change(lab.client)
        assert raised.value.outcome_unknown
        assert len(lab.outbox) == seen + 1
    lab.faults.inject(*NEVER)
    assert change(lab.client).done
    assert all("idempotency-key" not in r.headers for r in lab.fake.requests[1:])


@given(
    first=st.lists(st.sampled_from([*LOST, *FAILED, *NEVER]), max_size=4),
    second=st.lists(st.sampled_from([*LOST, *FAILED, *NEVER]), max_size=4),
)
def test_repeating_a_failed_send_with_its_key_never_makes_two(
    first: list[f.Fault], second: list[f.Fault]
) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    sent = []
    for run in (first, second):
        failure: ProviderError | None = None
        lab.faults.inject(*run)
        try:
            lab.client.send_transactional("a@acme.example", idempotency_key="order-1", **RESET)
            sent.append(True)
        except ProviderError as error:
            failure = error
        assert not isinstance(failure, InvalidRequestError)
        assert len(lab.fake.emails) == 1 or not isinstance(failure, DuplicateRequestError)
        assert lab.fake.emails == [] or run is second or failure is None or failure.outcome_unknown
    assert len(lab.fake.emails) <= 1
    assert lab.fake.emails or not sent
