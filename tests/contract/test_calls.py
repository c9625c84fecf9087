"""Failures on the wire end in the right typed error, and never in two effects."""

import logging
import traceback
from typing import Any

import pytest

from integrations.core import faults
from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    GuardError,
    NetworkError,
    NotSentError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.faults import Fault, FaultInjector
from integrations.core.registry import Integration
from integrations.core.wire import Request, Response

FAILURES: list[tuple[Fault, type[ProviderError]]] = [
    (faults.rate_limited("2"), RateLimitedError),
    (faults.status(500), UnavailableError),
    (faults.html_502, UnavailableError),
    (faults.truncated_lost, UnavailableError),
    (faults.timeout_lost, NetworkError),
    (faults.reply_lost, NetworkError),
    (faults.connect_failure, NetworkError),
]
NAMES = ["429", "500", "html 502", "truncated", "timeout", "dropped", "no connection"]


@pytest.mark.needs("http")
@pytest.mark.parametrize(("fault", "error"), FAILURES, ids=NAMES)
def test_a_read_that_keeps_failing_ends_in_its_typed_error(
    harness: Any, fault: Fault, error: type[ProviderError]
) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(*[fault] * 3)
    with pytest.raises(error) as raised:
        harness.read(harness.client(broken))
    assert type(raised.value) is error
    assert raised.value.provider == harness.name
    assert raised.value.__cause__ is not None
    assert not raised.value.outcome_unknown


@pytest.mark.needs("http")
@pytest.mark.parametrize(("fault", "error"), FAILURES, ids=NAMES)
def test_a_read_is_tried_again(harness: Any, fault: Fault, error: type[ProviderError]) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(fault)
    harness.read(harness.client(broken))
    assert harness.clock.sleeps


@pytest.mark.needs("http", "keyed")
@pytest.mark.parametrize(("fault", "error"), FAILURES, ids=NAMES)
def test_a_retried_effect_happens_once(
    harness: Any, fault: Fault, error: type[ProviderError]
) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(fault, fault)
    harness.effect(harness.client(broken))
    assert harness.effects() == 1


@pytest.mark.needs("http")
def test_a_change_without_a_key_is_not_repeated_after_a_lost_reply(harness: Any) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(faults.reply_lost)
    client = harness.client(broken)
    with pytest.raises(NetworkError) as raised:
        harness.unkeyed(client)
    assert raised.value.outcome_unknown
    assert len(harness.fake.requests) == 1


@pytest.mark.needs("http")
def test_retry_after_is_waited_for(harness: Any) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(faults.rate_limited("7"))
    harness.read(harness.client(broken))
    assert 7 <= harness.clock.sleeps[0] < 8


@pytest.mark.needs("http")
def test_a_wrong_key_is_an_authentication_error(harness: Any) -> None:
    client = harness.client(**harness.wrong_key)
    with pytest.raises(AuthenticationError):
        harness.read(client)


def test_debug_mode_sends_nothing_and_does_not_answer_questions(harness: Any) -> None:
    client = harness.client(mode="debug")
    harness.effect(client)
    with pytest.raises(NotSentError):
        harness.read(client)
    assert harness.fake.requests == []
    assert [each.outcome for each in client.outbox] == ["not sent", "not sent"]


@pytest.mark.needs("http")
def test_sandbox_mode_refuses_a_live_key_before_a_byte_leaves(
    harness: Any, manifest: Integration
) -> None:
    from integrations.core.wire import Guarded, refuse_live_keys

    guarded = Guarded(harness.fake, (refuse_live_keys,))
    for header in ("Bearer sk_live_abcdef", "rk_live_abcdef"):
        request = Request("GET", "https://api.test/v1", {"authorization": header})
        with pytest.raises(GuardError) as raised:
            guarded(request)
        assert "live_abcdef" not in str(raised.value)
    assert harness.fake.requests == []


def test_sandbox_mode_refuses_somebody_not_on_the_list(harness: Any) -> None:
    client = harness.client(mode="sandbox", **harness.strangers_only)
    with pytest.raises(GuardError, match="allow-list"):
        harness.effect(client)
    assert harness.fake.requests == []


def test_everything_missing_is_named_in_one_error(manifest: Integration) -> None:
    with pytest.raises(ConfigurationError) as raised:
        manifest.client_class().from_env({}, mode="live")
    required = [each.name for each in manifest.settings if each.required]
    assert required
    assert all(name in str(raised.value) for name in required)


def test_an_unset_or_unknown_mode_names_the_four(manifest: Integration) -> None:
    for mode in (None, "staging"):
        with pytest.raises(ConfigurationError, match="mock, debug, sandbox, live"):
            manifest.client_class().from_env({}, mode=mode)


@pytest.mark.needs("http")
def test_secrets_are_never_shown(harness: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    broken = FaultInjector(harness.fake)
    broken.inject(faults.reply_lost, faults.status(500), faults.html_502)
    client = harness.client(broken)
    shown = [repr(client), repr(client.settings), str(client.settings)]
    try:
        harness.effect(client)
    except ProviderError as error:
        shown += [repr(error), "".join(traceback.format_exception(error))]
    harness.read(client)
    shown += [repr(each.request) + each._repr_html_() for each in client.outbox]
    shown += [client.outbox._repr_html_(), harness.fake.requests[0]._repr_html_()]
    shown += [record.getMessage() + str(record.__dict__) for record in caplog.records]
    assert len(caplog.records) > 3
    for text in shown:
        assert not any(secret in text for secret in (*harness.secrets, "s3cr3t-link"))


@pytest.mark.needs("http")
def test_the_fake_forgets_everything_on_reset(harness: Any) -> None:
    harness.effect(harness.client())
    harness.unkeyed(harness.client())
    harness.fake.reset()
    fresh = type(harness).make().fake
    assert vars(harness.fake.state) == vars(fresh.state)
    assert harness.fake.requests == []
    assert harness.fake.deliveries() == []


@pytest.mark.needs("http")
def test_what_a_fake_does_not_know_it_refuses(harness: Any) -> None:
    def meddle(request: Request) -> Response:
        response: Response = harness.fake(harness.with_unknown_field(request))
        return response

    with pytest.raises(ProviderError, match="unheardOf"):
        harness.effect(harness.client(meddle))
    assert harness.effects() == 0
