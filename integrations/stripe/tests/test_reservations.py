"""Money that was reserved and not taken was never paid, whatever Stripe calls it."""

from typing import Any

import pytest

from integrations.core.workbook import Mock
from integrations.stripe.handlers import default_handlers
from integrations.stripe.money import Money
from integrations.stripe.records import Payment
from integrations.stripe.store import MemoryStore
from integrations.stripe.webhooks import webhook_pipeline


def reserve(lab: Mock) -> Any:
    return lab.client.payment_intents.create(
        Money(20000, "eur"), payment_method="pm_card_visa", confirm=True, capture_later=True
    )


def learned(lab: Mock, *, backwards: bool) -> Payment:
    hooks, store = webhook_pipeline(lab.client.settings, clock=lab.clock), MemoryStore()
    default_handlers(hooks, store, clock=lab.clock)
    deliveries = lab.fake.deliveries()
    for each in reversed(deliveries) if backwards else deliveries:
        assert hooks.receive(each.body, each.headers).status == 200
    (payment,) = store.all(Payment)
    return payment


@pytest.mark.parametrize("backwards", [False, True])
def test_a_reservation_that_was_given_up_is_canceled_not_refunded(
    mock_stripe: Mock, backwards: bool
) -> None:
    mock_stripe.client.payment_intents.cancel(reserve(mock_stripe).id)
    payment = learned(mock_stripe, backwards=backwards)
    assert (payment.status, payment.paid_by) == ("canceled", frozenset())
    assert payment.amount_refunded == Money(0, "eur")


@pytest.mark.parametrize("backwards", [False, True])
def test_what_was_not_taken_was_not_given_back(mock_stripe: Mock, backwards: bool) -> None:
    held = reserve(mock_stripe)
    mock_stripe.client.payment_intents.capture(held.id, amount=Money(18000, "eur"))
    mock_stripe.client.refunds.create(held.id, amount=Money(5000, "eur"))
    payment = learned(mock_stripe, backwards=backwards)
    assert (payment.amount, payment.amount_refunded) == (Money(18000, "eur"), Money(5000, "eur"))
    assert payment.status == "partially_refunded"
