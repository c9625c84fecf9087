"""A webhook is handled once when it is proven, and leaves no trace when it is not."""

from typing import Any

import pytest

from integrations.core.errors import ConfigurationError
from integrations.core.webhooks import MAX_BODY_BYTES, WebhookPipeline

pytestmark = pytest.mark.needs("webhooks")


def _received(pipeline: WebhookPipeline) -> int:
    return len(list(pipeline.received()))


def test_a_good_one_is_handled_and_its_repeat_is_a_duplicate(harness: Any) -> None:
    pipeline, seen = harness.pipeline(), list[object]()
    pipeline.on(harness.event_type)(seen.append)
    body, headers = harness.webhook()
    outcomes = [pipeline.receive(body, headers).outcome for _ in range(3)]
    assert outcomes == ["handled", "duplicate", "duplicate"]
    assert len(seen) == 1


def test_an_altered_body_is_forged(harness: Any) -> None:
    pipeline = harness.pipeline()
    body, headers = harness.webhook()
    for index in range(0, len(body), 7):
        altered = body[:index] + bytes([body[index] ^ 1]) + body[index + 1 :]
        assert pipeline.receive(altered, headers).status == 400
    assert _received(pipeline) == 0


@pytest.mark.needs("timestamped")
@pytest.mark.parametrize("age_s", [301, -301, 86400])
def test_an_old_or_future_one_is_forged(harness: Any, age_s: float) -> None:
    pipeline = harness.pipeline()
    assert pipeline.receive(*harness.webhook(age_s=age_s)).outcome == "forged"
    assert _received(pipeline) == 0


@pytest.mark.needs("timestamped")
@pytest.mark.parametrize("age_s", [0, 299, -299])
def test_one_within_the_tolerance_is_taken(harness: Any, age_s: float) -> None:
    assert harness.pipeline().receive(*harness.webhook(age_s=age_s)).status == 200


def test_either_of_two_secrets_is_taken_while_rotating(harness: Any) -> None:
    old, new = harness.old_secret, harness.secret
    assert harness.pipeline(old, new).receive(*harness.webhook()).status == 200
    assert harness.pipeline(old).receive(*harness.webhook()).status == 400


@pytest.mark.parametrize(
    "signature",
    ["", "garbage", "v1,a,b", "v1,", "v1a,AAAA", ",", "v2,AAAA", "v1,AA==" * 40, "\x00"],
)
def test_a_malformed_signature_is_forged(harness: Any, signature: str) -> None:
    pipeline = harness.pipeline()
    body, headers = harness.webhook()
    headers[harness.signature_header] = signature
    assert pipeline.receive(body, headers).outcome == "forged"
    assert pipeline.receive(body, {}).outcome == "forged"


def test_an_oversize_body_is_refused(harness: Any) -> None:
    body, headers = harness.webhook()
    result = harness.pipeline().receive(body + b" " * MAX_BODY_BYTES, headers)
    assert (result.status, result.outcome) == (413, "too_large")


def test_without_a_secret_there_is_no_pipeline(harness: Any) -> None:
    with pytest.raises(ConfigurationError, match=harness.secret_setting):
        harness.pipeline_without_secret()


def test_a_failed_handler_gets_the_event_again(harness: Any) -> None:
    pipeline, calls = harness.pipeline(), list[str]()

    def shaky(event: Any) -> None:
        calls.append(event.id)
        if len(calls) == 1:
            raise RuntimeError("sk_live_in_a_message")

    pipeline.on("*")(shaky)

    delivery = harness.webhook()
    first = pipeline.receive(*delivery)
    second = pipeline.receive(*delivery)
    assert (first.status, first.reason) == (500, "RuntimeError")
    assert (second.status, calls) == (200, [calls[0]] * 2)
