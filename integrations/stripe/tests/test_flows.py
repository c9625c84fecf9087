"""What the notebook draws is what was played."""

from typing import Any

import pytest

from integrations.stripe.fake_cards import CARDS
from integrations.stripe.flows import CHOICES, chooser, flow, play
from integrations.stripe.money import Money
from integrations.stripe.receipts import Receipt


@pytest.mark.parametrize("card", CHOICES.values())
def test_every_choice_is_a_test_card_and_is_drawn_with_its_outcome(card: str) -> None:
    outcome, events = play(card)
    drawn = flow(card).html
    assert CARDS[card].number[-4:] in drawn
    assert all(event in drawn for event in events)
    assert (outcome.message or "back to success_url") in drawn


def test_a_decline_is_not_told_to_the_buyer_by_its_reason() -> None:
    outcome, events = play("pm_card_chargeDeclinedStolenCard")
    assert "stolen" not in outcome.message.lower()
    assert "payment_intent.payment_failed" in events
    assert "checkout.session.completed" not in events


def test_who_does_not_answer_the_bank_does_not_pay() -> None:
    outcome, events = play("pm_card_authenticationRequired", authenticate=False)
    assert not outcome.succeeded
    assert "payment_intent.succeeded" not in events
    assert "no answer" in flow("pm_card_authenticationRequired", authenticate=False).html


def test_the_widget_shows_what_the_function_draws() -> None:
    widget = chooser()
    card, shown = widget.children
    card.value = "pm_card_createDispute"
    assert shown.value == flow("pm_card_createDispute").html


def test_a_receipt_adds_up(stripe_client: Any) -> None:
    payment = stripe_client.payment_intents.create(
        Money(1250, "jpy"), payment_method="pm_card_visa", confirm=True, description="<tea>"
    )
    refund = stripe_client.refunds.create(payment.id, amount=Money(250, "jpy"))
    receipt = Receipt(payment, (refund,))
    assert receipt.lines() == [("<tea>", "1250 JPY"), ("Refund", "-250 JPY"), ("Total", "1000 JPY")]
    assert "&lt;tea&gt;" in receipt._repr_html_()
