"""A part of a payment is taken or given back in the payment's own currency."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.errors import InvalidRequestError, NotFoundError, NotSentError
from integrations.core.wire import Response
from integrations.stripe import shortcuts
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import Script, client_on, form, ok, refusal

PAYMENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "currency": "eur",
    "amount": 2000,
    "amount_received": 2000,
}
Call = Callable[..., Any]
DOORS: dict[str, Call] = {
    "capture": lambda s, amount, **more: s.payment_intents.capture("pi_1", amount=amount, **more),
    "refund": lambda s, amount, **more: s.refunds.create("pi_1", amount=amount, **more),
    "shortcut": lambda s, amount: shortcuts.refund_payment("pi_1", amount, client=s),
}
WITH_KEY = [each for name, each in DOORS.items() if name != "shortcut"]


def _payment(**fields: Any) -> Response:
    return Response.of_json(200, {**PAYMENT, **fields})


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_another_currency_is_refused_before_anything_moves(door: Call) -> None:
    wire = Script(_payment())
    with pytest.raises(InvalidRequestError, match=r"5[.]00 USD.*EUR.*Nothing was") as refused:
        door(client_on(wire), Money(500, "usd"))
    assert (refused.value.argument, refused.value.status) == ("amount", None)
    assert [(each.method, each.path) for each in wire.requests] == [
        ("GET", "/v1/payment_intents/pi_1")
    ]


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_the_payment_s_currency_is_asked_for_once(door: Call) -> None:
    wire = Script(_payment(), ok(id="re_1", object="refund"))
    door(client_on(wire), Money(500, "eur"))
    assert [each.method for each in wire.requests] == ["GET", "POST"]
    sent = form(wire.requests[1])
    assert "500" in (sent.get("amount"), sent.get("amount_to_capture"))


@pytest.mark.parametrize(
    "door",
    [
        lambda s: s.payment_intents.capture("pi_1"),
        lambda s: s.refunds.create("pi_1"),
        lambda s: shortcuts.refund_payment("pi_1", client=s),
    ],
)
def test_without_an_amount_nothing_is_asked(door: Call) -> None:
    wire = Script(ok(id="re_1", object="refund"))
    door(client_on(wire))
    assert [each.method for each in wire.requests] == ["POST"]


@pytest.mark.parametrize("door", [DOORS["refund"], DOORS["shortcut"]])
def test_more_than_was_paid_is_not_given_back(door: Call) -> None:
    wire = Script(_payment())
    with pytest.raises(InvalidRequestError, match=r"20[.]01 EUR") as refused:
        door(client_on(wire), Money(2001, "eur"))
    assert refused.value.argument == "amount"
    assert len(wire.requests) == 1


def test_a_repeat_under_one_key_is_not_refused_for_what_is_left() -> None:
    client, key = client_on(FakeStripe()), "complaint-7"
    paid = client.payment_intents.create(
        Money(500, "eur"), payment_method="pm_card_visa", confirm=True
    )
    twice = {
        client.refunds.create(paid.id, amount=Money(400, "eur"), idempotency_key=key).id
        for _ in range(2)
    }
    assert len(twice) == 1


def test_more_than_was_reserved_is_for_stripe_to_judge() -> None:
    # With overcapture an account may take more.
    wire = Script(_payment(amount_capturable=2000, amount_received=0), ok(object="payment_intent"))
    DOORS["capture"](client_on(wire), Money(2100, "eur"))
    assert form(wire.requests[1]) == {"amount_to_capture": "2100"}


@pytest.mark.parametrize("door", WITH_KEY)
def test_a_bad_key_is_refused_before_the_question(door: Call) -> None:
    wire = Script(_payment())
    with pytest.raises(InvalidRequestError) as refused:
        door(client_on(wire), Money(500, "eur"), idempotency_key="two words")
    assert refused.value.argument == "idempotency_key"
    assert wire.requests == []


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_payment_that_is_not_there_is_told(door: Call) -> None:
    wire = Script(refusal(404, code="resource_missing", message="No such payment_intent"))
    with pytest.raises(NotFoundError):
        door(client_on(wire), Money(500, "eur"))
    assert len(wire.requests) == 1


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_debug_mode_cannot_tell_the_currency(door: Call) -> None:
    client = client_on(None, mode="debug")
    with pytest.raises(NotSentError):
        door(client, Money(500, "eur"))
    (asked,) = client.outbox
    assert (asked.request.method, asked.outcome) == ("GET", "not sent")


def test_debug_mode_shows_a_whole_refund_and_a_whole_capture() -> None:
    client: StripeClient = client_on(None, mode="debug")
    assert not client.refunds.create("pi_1").sent
    assert not client.payment_intents.capture("pi_1").sent
