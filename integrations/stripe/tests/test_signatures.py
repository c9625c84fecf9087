import json
import logging
import time
from typing import Any

import pytest
import stripe as stripe_sdk
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.webhooks import Incoming
from integrations.stripe.events import EVENTS, known_events
from integrations.stripe.signatures import API_VERSION, StripeWebhooks
from integrations.stripe.tests.deliveries import (
    NOW,
    SECRET,
    event,
    intent,
    pipeline,
    session,
    signed,
)

SCHEME = StripeWebhooks([Secret(SECRET)], livemode=False)
PAID = event("payment_intent.succeeded", intent())
THIN = {
    "id": "evt_test_65",
    "object": "v2.core.event",
    "type": "v1.billing.meter.error_report_triggered",
    "created": "2026-01-05T09:00:00.000Z",
    "livemode": False,
    "related_object": {
        "id": "mtr_1",
        "type": "billing.meter",
        "url": "/v1/billing/meters/mtr_1",
    },
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3),
)


def verify(body: bytes, headers: dict[str, str], **options: Any) -> Any:
    scheme = StripeWebhooks([Secret(SECRET)], **options) if options else SCHEME
    return scheme.verify(Incoming(body, headers, NOW))


def test_a_snapshot_is_read() -> None:
    body, headers = signed(PAID)
    found = verify(body, headers)
    assert (found.id, found.type, found.created) == (PAID["id"], PAID["type"], NOW)
    assert (found.payload, found.body, found.order) == (PAID, body, None)


def test_a_thin_event_is_read() -> None:
    found = verify(*signed(THIN))
    assert (found.id, found.type) == ("evt_test_65", "v1.billing.meter.error_report_triggered")
    assert found.created == NOW


def test_typed_objects_are_the_sdks() -> None:
    snapshot, thin = verify(*signed(PAID)).typed, verify(*signed(THIN)).typed
    assert isinstance(snapshot, stripe_sdk.Event)
    assert isinstance(snapshot.data.object, stripe_sdk.PaymentIntent)
    assert type(thin).__name__ == "V1BillingMeterErrorReportTriggeredEventNotification"
    assert thin.related_object.id == "mtr_1"


def test_a_typed_object_sends_no_request() -> None:
    with pytest.raises(ConfigurationError, match="fetch_event"):
        verify(*signed(THIN)).typed.fetch_event()


def test_the_sdk_itself_agrees() -> None:
    body, headers = signed(PAID, at=time.time())
    assert stripe_sdk.WebhookSignature.verify_header(
        body, headers["Stripe-Signature"], SECRET, tolerance=300
    )


@pytest.mark.parametrize("age_s", [301, -301, 86400, -86400, NOW])
def test_an_old_or_future_timestamp_is_refused(age_s: int) -> None:
    with pytest.raises(SignatureError, match=r"old|future"):
        verify(*signed(PAID, at=NOW - age_s))


@pytest.mark.parametrize("age_s", [0, 300, -300])
def test_a_timestamp_within_the_tolerance_is_taken(age_s: int) -> None:
    assert verify(*signed(PAID, at=NOW - age_s)).id == PAID["id"]


def test_a_new_timestamp_on_an_old_signature_is_refused() -> None:
    body, headers = signed(PAID, at=NOW - 86400)
    old = headers["Stripe-Signature"]
    with pytest.raises(SignatureError, match="no signature matches"):
        verify(body, {"Stripe-Signature": old.replace(str(NOW - 86400), str(NOW))})
    for header in (f"t={NOW},{old}", f"{old},t={NOW}"):
        with pytest.raises(SignatureError, match="single t="):
            verify(body, {"Stripe-Signature": header})


GOOD = signed(PAID)[1]["Stripe-Signature"]
V1 = GOOD.partition(",")[2]
ODD = [
    "",
    ",",
    "=",
    "t",
    "t=",
    "t=,v1=",
    f"t={NOW}",
    f"t={NOW},v1",
    f"t={NOW},v1=",
    f"t={NOW},v0={V1[3:]}",
    f"t= {NOW},{V1}",
    f"t=+{NOW},{V1}",
    f"t={NOW}.0,{V1}",
    f"t={'9' * 400},{V1}",
    f"t=-1,{V1}",
    f"T={NOW},{V1}",
    f"t={NOW},{V1.upper()}",
    f"t={NOW},{V1}=",
    f"t={NOW};{V1}",
    f"t={NOW},v1=é{V1[4:]}",
    f"t={NOW},{V1[:-1]}",
    GOOD + "a" * 5000,
    "t=٣,v1=a",
    "\x00",
]


@pytest.mark.parametrize("header", ODD)
def test_an_odd_header_is_refused(header: str) -> None:
    body, _ = signed(PAID)
    result = pipeline().receive(body, {"Stripe-Signature": header})
    # A signature with a stray "=" behind it is read by the SDK as the signature.
    assert result.status == (200 if header == f"t={NOW},{V1}=" else 400)


@pytest.mark.parametrize("name", ["stripe-signature", "STRIPE-SIGNATURE", "Stripe-Signature"])
def test_the_headers_name_may_have_any_case(name: str) -> None:
    body, headers = signed(PAID)
    assert verify(body, {name: headers["Stripe-Signature"]}).id == PAID["id"]


def test_one_good_signature_among_several_is_enough() -> None:
    body, headers = signed(PAID)
    other = signed(PAID, secret="whsec_another0000001")[1]["Stripe-Signature"].partition(",")[2]
    several = headers["Stripe-Signature"] + f",{other},v0=00"
    assert verify(body, {"Stripe-Signature": several}).id == PAID["id"]


@given(st.text(max_size=40))
def test_no_header_breaks_the_verification(text: str) -> None:
    body, _ = signed(PAID)
    for header in (text, f"t={NOW},v1={text}", f"t={text},{V1}"):
        if header != GOOD:
            with pytest.raises(SignatureError):
                verify(body, {"Stripe-Signature": header})


def test_a_secret_is_the_whole_text() -> None:
    body, headers = signed(PAID, secret=SECRET.removeprefix("whsec_"))
    assert pipeline().receive(body, headers).status == 400


@pytest.mark.parametrize("secrets", [[], [Secret("")], [Secret("  ")]])
def test_without_a_secret_nothing_is_verified(secrets: list[Secret]) -> None:
    with pytest.raises(ConfigurationError, match="STRIPE_WEBHOOK_SECRET"):
        StripeWebhooks(secrets)


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True)])
def test_an_event_of_the_other_mode_is_refused(ours: bool, theirs: bool) -> None:
    body, headers = signed({**PAID, "livemode": theirs})
    hooks = pipeline(livemode=ours)
    result = hooks.receive(body, headers)
    assert (result.status, "event at an endpoint with a" in result.reason) == (400, True)
    assert list(hooks.received()) == []
    assert pipeline(livemode=theirs).receive(body, headers).status == 200


WRONG_SHAPES: list[Any] = [
    None,
    [],
    "text",
    {},
    {"object": "event"},
    {**PAID, "object": "charge"},
    {**PAID, "object": ["event"]},
    {**PAID, "id": None},
    {**PAID, "id": ""},
    {**PAID, "id": "e" * 256},
    {**PAID, "type": 7},
    {**PAID, "livemode": "false"},
    {**PAID, "livemode": 0},
    {**PAID, "created": "2026-01-05T09:00:00Z"},
    {**PAID, "created": True},
    {**PAID, "created": 1.5},
    {**PAID, "created": -1},
    {**PAID, "api_version": 3},
    {**PAID, "data": None},
    {**PAID, "data": {"object": "pi_1"}},
    {**PAID, "data": {"object": session()}},
    {**THIN, "created": NOW},
    {**THIN, "created": "yesterday"},
    {**THIN, "created": "2026-01-05T09:00:00"},
    {**THIN, "related_object": "mtr_1"},
    {**THIN, "related_object": {"id": "mtr_1"}},
    {"detail": PAID},
    {"specversion": "1.0", "data": PAID},
]


@pytest.mark.parametrize("wrong", WRONG_SHAPES)
def test_a_signed_body_of_the_wrong_shape_is_refused(wrong: Any) -> None:
    hooks = pipeline()
    assert hooks.receive(*signed(json.dumps(wrong).encode())).status == 400
    assert list(hooks.received()) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"NaN", b"\x00"])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    try:
        raw, headers = signed(body)
    except UnicodeDecodeError:
        raw, headers = body, {"Stripe-Signature": GOOD}
    assert pipeline().receive(raw, headers).status == 400


@given(JSON, st.sampled_from([*EVENTS, "payout.paid", "v1.unheard.of", ""]), st.booleans())
def test_signed_json_of_any_shape_is_an_event_or_refused(value: Any, name: str, thin: bool) -> None:
    base = THIN if thin else PAID
    for whole in (
        value,
        {**base, "type": name, **dict.fromkeys(["data", "related_object"], value)},
    ):
        try:
            found = verify(*signed(json.dumps(whole).encode()))
        except SignatureError:
            continue
        assert found.type == name


def test_the_endpoints_version_is_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    hooks = pipeline()
    scheme = hooks.scheme
    assert isinstance(scheme, StripeWebhooks)
    hooks.receive(*signed(event("payment_intent.succeeded", intent())))
    hooks.receive(*signed(THIN))
    assert scheme.warnings == {}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            old = event("payment_intent.succeeded", intent(), api_version="2024-06-20")
            assert hooks.receive(*signed(old)).status == 200
    assert list(scheme.warnings) == ["2024-06-20"]
    assert f'api_version="{API_VERSION}"' in scheme.warnings["2024-06-20"]
    assert len([r for r in caplog.records if "webhook_version" in r.message]) == 1


def test_every_event_has_a_name_the_sdk_knows() -> None:
    from typing import get_args

    assert set(EVENTS) <= set(get_args(stripe_sdk.Event.__annotations__["type"]))
    assert len(known_events()) > 500
    with pytest.raises(ValueError, match=r"Did you mean invoice\.paid"):
        pipeline().on("invoice.payd")


def test_either_of_two_secrets_is_taken_while_rotating() -> None:
    new = "whsec_thenewsecret0001"
    for secrets in ((SECRET, new), (new, SECRET)):
        for secret in (SECRET, new):
            assert pipeline(*secrets).receive(*signed(PAID, secret=secret)).status == 200
    assert pipeline(new).receive(*signed(PAID)).status == 400
