"""Payment and setup intents, charges, refunds and disputes of the fake."""

import pytest
import stripe as stripe_sdk

from integrations.stripe.fake_cards import CARDS
from integrations.stripe.tests.fake_lab import RETURN, Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab()


DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "4000000000000002": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_chargeCustomerFail": ("card_declined", "generic_decline"),
}


@pytest.mark.parametrize("card", DECLINES)
def test_a_declined_card_is_a_card_error(lab: Lab, card: str) -> None:
    with pytest.raises(stripe_sdk.CardError) as raised:
        lab.intent(card)
    error = raised.value.error
    assert error is not None
    assert (raised.value.code, getattr(error, "decline_code", None)) == DECLINES[card]
    intent = lab.fake.state.all("payment_intent")[0]
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["charge"] == intent["latest_charge"]
    assert error.payment_intent is not None
    assert error.payment_intent.id == intent["id"]
    assert lab.happened()[-3:] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize("card", [name for name, card in CARDS.items() if card.decline is None])
def test_every_other_card_pays_or_asks(lab: Lab, card: str) -> None:
    intent = lab.intent(card)
    asks = CARDS[card].asks != "never"
    assert intent.status == ("requires_action" if asks else "succeeded")
    assert (intent.next_action is None) != asks


def test_a_declined_payment_can_be_tried_again(lab: Lab) -> None:
    with pytest.raises(stripe_sdk.CardError):
        lab.intent("pm_card_chargeDeclined")
    id = lab.fake.state.all("payment_intent")[0]["id"]
    again = {"payment_method": "pm_card_visa", "return_url": RETURN}
    assert lab.api.payment_intents.confirm(id, params=again).status == "succeeded"
    assert len(lab.api.charges.list(params={"payment_intent": id}).data) == 2


def test_the_bank_is_asked_and_answers(lab: Lab) -> None:
    intent = lab.intent("pm_card_threeDSecure2Required")
    assert intent.next_action.redirect_to_url.return_url == RETURN
    assert lab.fake.buyer.authenticate(intent).status == "succeeded"
    other = lab.intent("pm_card_authenticationRequired")
    outcome = lab.fake.buyer.authenticate(other, succeeds=False)
    assert (outcome.status, outcome.succeeded) == ("requires_payment_method", False)
    with pytest.raises(ValueError, match="nothing to answer"):
        lab.fake.buyer.authenticate(other)


def test_off_session_a_bank_that_asks_declines(lab: Lab) -> None:
    refused(
        lambda: lab.intent("pm_card_authenticationRequired", off_session=True),
        code="authentication_required",
        status=402,
    )


def test_a_card_that_was_set_up_is_not_asked_again(lab: Lab) -> None:
    customer = lab.customer(card="")
    card = "pm_card_authenticationRequiredOnSetup"
    given = {"customer": customer, "payment_method": card, "confirm": True, "return_url": RETURN}
    setup = lab.api.setup_intents.create(params=given)
    assert setup.status == "requires_action"
    lab.fake.buyer.authenticate(setup)
    saved = lab.api.setup_intents.retrieve(setup.id)
    assert saved.status == "succeeded"
    assert lab.intent(saved.payment_method, customer=customer, off_session=True).status == (
        "succeeded"
    )


def test_confirming_needs_a_return_url_or_no_redirects(lab: Lab) -> None:
    given = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    create = lab.api.payment_intents.create
    refused(lambda: create(params=given), param="return_url")
    never = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    assert create(params={**given, **never}).status == "succeeded"


def test_money_is_held_captured_and_released(lab: Lab) -> None:
    held = lab.intent(capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 2000)
    capture = lab.api.payment_intents.capture
    refused(lambda: capture(held.id, params={"amount_to_capture": 2001}), code="amount_too_large")
    taken = capture(held.id, params={"amount_to_capture": 1500})
    assert (taken.status, taken.amount_received) == ("succeeded", 1500)
    refused(lambda: capture(held.id), code="payment_intent_unexpected_state")
    other = lab.intent(capture_method="manual")
    assert lab.api.payment_intents.cancel(other.id).status == "canceled"
    refused(lambda: lab.api.payment_intents.cancel(other.id))


def test_a_refund_never_exceeds_the_charge(lab: Lab) -> None:
    intent = lab.intent()
    refund = lab.api.refunds.create
    refund(params={"payment_intent": intent.id, "amount": 1500})
    refused(
        lambda: refund(params={"payment_intent": intent.id, "amount": 501}),
        param="amount",
        code="amount_too_large",
    )
    refund(params={"charge": intent.latest_charge})
    charge = lab.api.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    refused(lambda: refund(params={"payment_intent": intent.id}), code="charge_already_refunded")
    refused(lambda: refund(params={}), param="payment_intent")


def test_a_partial_capture_is_refunded_up_to_what_was_captured(lab: Lab) -> None:
    held = lab.intent(capture_method="manual")
    lab.api.payment_intents.capture(held.id, params={"amount_to_capture": 1500})
    refund = lab.api.refunds.create(params={"payment_intent": held.id})
    assert refund.amount == 1500


def test_a_refund_that_fails_gives_the_money_back(lab: Lab) -> None:
    intent = lab.intent()
    refund = lab.api.refunds.create(params={"payment_intent": intent.id})
    lab.fake.buyer.refuse_refund(refund)
    assert lab.api.refunds.retrieve(refund.id).status == "failed"
    assert lab.happened()[-1] == "refund.failed"
    assert lab.api.refunds.create(params={"payment_intent": intent.id}).amount == 2000


def test_a_disputed_charge_is_not_refunded(lab: Lab) -> None:
    intent = lab.intent("pm_card_createDispute")
    assert "charge.dispute.created" in lab.happened()
    refused(
        lambda: lab.api.refunds.create(params={"payment_intent": intent.id}),
        code="charge_disputed",
    )
    dispute = lab.api.disputes.list(params={"charge": intent.latest_charge}).data[0]
    evidence = {"evidence": {"product_description": "A book"}}
    assert lab.api.disputes.update(dispute.id, params=evidence).status == "under_review"
    lab.fake.buyer.decide(dispute, won=True)
    assert lab.api.disputes.retrieve(dispute.id).status == "won"
    refused(lambda: lab.api.disputes.close(dispute.id), code="dispute_already_closed")


def test_somebody_elses_card_is_refused(lab: Lab) -> None:
    mine, other = lab.customer(), lab.customer()
    card = lab.api.customers.retrieve(mine).invoice_settings.default_payment_method
    refused(lambda: lab.intent(card, customer=other), param="payment_method")
    refused(lambda: lab.api.payment_methods.attach(card, params={"customer": other}))


def test_a_declined_card_cannot_be_attached_except_the_one_that_can(lab: Lab) -> None:
    customer = lab.customer(card="")
    refused(lambda: lab.use(customer, "pm_card_chargeDeclined"), status=402, code="card_declined")
    lab.use(customer, "pm_card_chargeCustomerFail")


def test_yen_have_no_minor_unit(lab: Lab) -> None:
    assert lab.intent(currency="jpy", amount=500).amount_received == 500
    refused(lambda: lab.intent(currency="jpy", amount=49), code="amount_too_small")
