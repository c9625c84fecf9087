"""Whatever a header or a signed body holds, it is an event or a signature error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.config import Secret
from integrations.core.errors import SignatureError
from integrations.core.webhooks import Incoming
from integrations.loops.events import EVENTS, LoopsEvent
from integrations.loops.fake import MOCK_SIGNING_SECRET, FakeLoops
from integrations.loops.signatures import loops_webhooks

SCHEME = loops_webhooks([Secret(MOCK_SIGNING_SECRET)])
SIGNER = FakeLoops(clock=ManualClock()).webhooks
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    LEAVES, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3)
)


@given(JSON, st.sampled_from([*EVENTS, "contact.merged", ""]), st.booleans())
def test_signed_json_of_any_shape_is_an_event_or_a_signature_error(
    value: Any, name: str, wrapped: bool
) -> None:
    keys = ["contactIdentity", "mailingList", "contact", "email", "mailingLists", "sourceType"]
    whole = {"eventName": name, "eventTime": 1, **dict.fromkeys(keys, value)} if wrapped else value
    body = json.dumps(whole).encode()
    try:
        event = SCHEME.verify(Incoming(body, SIGNER.sign(body, message_id="m"), EXAMPLE_TIME))
    except SignatureError:
        assert not wrapped
        return
    try:
        typed = event.typed
    except ValueError:
        assert name in EVENTS
    else:
        assert isinstance(typed, LoopsEvent) == (name in EVENTS)


@pytest.mark.parametrize("time", ["NaN", "Infinity", "1e999", "1" + "0" * 400, "[]", '"soon"'])
def test_a_signed_event_at_no_time_is_refused(time: str) -> None:
    body = f'{{"eventName": "x", "eventTime": {time}}}'.encode()
    with pytest.raises(SignatureError):
        SCHEME.verify(Incoming(body, SIGNER.sign(body, message_id="m"), EXAMPLE_TIME))


@given(st.text(st.characters(), min_size=1, max_size=20), st.sampled_from(["id", "signature"]))
def test_no_header_breaks_the_verification(text: str, part: str) -> None:
    body = b'{"eventName": "x", "eventTime": 1}'
    headers = {**SIGNER.sign(body, message_id="m"), f"webhook-{part}": text}
    if (part, text) != ("id", "m"):
        with pytest.raises(SignatureError):
            SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


@pytest.mark.parametrize("part", ["id", "timestamp"])
def test_each_signed_header_counts(part: str) -> None:
    body = b'{"eventName": "x", "eventTime": 1}'
    headers = SIGNER.sign(body, message_id="msg_1")
    headers[f"webhook-{part}"] = headers[f"webhook-{part}"][:-1] + "7"
    with pytest.raises(SignatureError, match="no signature matches"):
        SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


def test_an_old_delivery_with_a_new_timestamp_is_a_forgery() -> None:
    body = b'{"eventName": "x", "eventTime": 1}'
    headers = SIGNER.sign(body, message_id="m", at=EXAMPLE_TIME - 86400)
    headers["webhook-timestamp"] = str(int(EXAMPLE_TIME))
    with pytest.raises(SignatureError, match="no signature matches"):
        SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


@pytest.mark.parametrize("order", [1, -1])
def test_each_of_two_secrets_is_enough_wherever_it_stands(order: int) -> None:
    secrets = [Secret(MOCK_SIGNING_SECRET), Secret("whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==")]
    body = b'{"eventName": "x", "eventTime": 1}'
    scheme = loops_webhooks(secrets[::order])
    for secret in secrets:
        signer = FakeLoops(clock=ManualClock(), signing_secret=secret.reveal()).webhooks
        assert (
            scheme.verify(Incoming(body, signer.sign(body, message_id="m"), EXAMPLE_TIME)).id == "m"
        )
