"""A logical send makes one email, whatever the wire does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core import faults as f
from integrations.core.config import Mode
from integrations.core.errors import DuplicateRequestError, ProviderError, UnavailableError
from integrations.core.workbook import Mock, Workbook
from integrations.loops.models import SendResult

RESET = {"transactional_id": "clpasswordreset01", "data_variables": {"resetUrl": "https://x.test"}}
LOST = [f.timeout_lost, f.reply_lost, f.truncated_lost]
FAULTS = [*LOST, f.rate_limited("1"), f.status(500), f.html_502, f.connect_failure]


def keys(lab: Mock) -> set[str]:
    return {each.request.headers.get("idempotency-key", "") for each in lab.outbox}


@given(st.lists(st.sampled_from(FAULTS), max_size=4))
def test_no_run_of_faults_makes_two_emails(run: list[f.Fault]) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    lab.faults.inject(*run)
    result: SendResult | None = None
    failure: ProviderError | None = None
    try:
        result = lab.client.send_transactional("a@example.com", **RESET)
    except ProviderError as error:
        failure = error
    assert keys(lab) == {"key-0001"}
    if failure is None:
        assert result is not None
        assert result.sent
        assert len(lab.fake.emails) == 1
    else:
        assert len(lab.fake.emails) <= int(failure.outcome_unknown)


@pytest.mark.parametrize("lost", LOST)
def test_after_a_lost_reply_a_409_is_the_proof(lab: Mock, lost: f.Fault) -> None:
    lab.faults.inject(lost)
    result = lab.client.send_transactional("a@example.com", **RESET)
    assert (result.sent, result.already_processed, result.attempts) == (True, True, 2)
    assert [each.outcome for each in lab.outbox][-1] == "409"
    assert len(lab.fake.emails) == 1


def test_a_409_at_the_first_attempt_is_a_duplicate(loops: Any, lab: Mock) -> None:
    loops.send_transactional("a@example.com", idempotency_key="k", **RESET)
    with pytest.raises(DuplicateRequestError, match="new key"):
        loops.send_transactional("a@example.com", idempotency_key="k", **RESET)
    lab.faults.inject(f.rate_limited("1"))
    with pytest.raises(DuplicateRequestError):
        loops.send_transactional("a@example.com", idempotency_key="k", **RESET)


def test_a_key_is_free_again_after_a_day(lab: Mock) -> None:
    for _ in range(2):
        lab.client.send_transactional("a@example.com", idempotency_key="k", **RESET)
        lab.clock.advance(24 * 3600 + 1)
    assert len(lab.fake.emails) == 2


def test_when_nothing_helps_the_error_names_the_key_to_repeat_with(lab: Mock) -> None:
    lab.faults.inject(f.truncated_lost, f.html_502, f.html_502)
    with pytest.raises(UnavailableError) as raised:
        lab.client.send_transactional("a@example.com", **RESET)
    assert raised.value.outcome_unknown
    assert "idempotency_key='key-0001'" in str(raised.value)
    again = "key-0001"
    with pytest.raises(DuplicateRequestError):
        lab.client.send_transactional("a@example.com", idempotency_key=again, **RESET)
    assert len(lab.fake.emails) == 1


@pytest.mark.parametrize("fault", [f.rate_limited("1"), f.connect_failure])
def test_an_unkeyed_change_is_repeated_when_it_cannot_have_happened(
    lab: Mock, fault: f.Fault
) -> None:
    lab.faults.inject(fault)
    assert lab.client.create_contact("a@example.com").done


@pytest.mark.parametrize("fault", [f.status(500), *LOST])
def test_an_unkeyed_change_is_not_repeated_when_it_may_have_happened(
    lab: Mock, fault: f.Fault
) -> None:
    lab.faults.inject(fault)
    with pytest.raises(ProviderError, match="Look whether it did") as raised:
        lab.client.create_contact("a@example.com")
    assert raised.value.outcome_unknown
    assert len(lab.outbox) == 1
