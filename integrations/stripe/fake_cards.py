"""Stripe's test cards: what each does when it is set up and when it is charged.

https://docs.stripe.com/testing (read 2026-11). Servers name them by token, never by number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from integrations.stripe.fake_objects import create
from integrations.stripe.fake_state import Obj, State, fail


@dataclass(frozen=True)
class Card:
    """A test card.

    ``decline`` is the error's ``code`` and ``decline_code``; ``asks`` says when the bank wants to
    see the buyer: never, unless the card was set up for later use, or always.
    """

    number: str = field(repr=False)
    brand: str = "visa"
    decline: tuple[str, str | None] | None = None
    asks: Literal["never", "unless set up", "always"] = "never"
    attaches: bool = True
    dispute: str | None = None


def _declined(number: str, code: str, decline_code: str | None = None) -> Card:
    return Card(number, decline=(code, decline_code), attaches=False)


_FUNDS = ("card_declined", "insufficient_funds")

CARDS: Mapping[str, Card] = {
    "pm_card_visa": Card("4242424242424242"),
    "pm_card_visa_debit": Card("4000056655665556"),
    "pm_card_mastercard": Card("5555555555554444", "mastercard"),
    "pm_card_amex": Card("378282246310005", "amex"),
    "pm_card_chargeDeclined": _declined("4000000000000002", "card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": _declined("4000000000009995", *_FUNDS),
    "pm_card_chargeDeclinedLostCard": _declined("4000000000009987", "card_declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": _declined(
        "4000000000009979", "card_declined", "stolen_card"
    ),
    "pm_card_chargeDeclinedFraudulent": _declined(
        "4100000000000019", "card_declined", "fraudulent"
    ),
    "pm_card_chargeDeclinedExpiredCard": _declined("4000000000000069", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("4000000000000127", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declined("4000000000000119", "processing_error"),
    "pm_card_chargeCustomerFail": Card(
        "4000000000000341", decline=("card_declined", "generic_decline")
    ),
    "pm_card_threeDSecure2Required": Card("4000000000003220", asks="always"),
    "pm_card_authenticationRequired": Card("4000002760003184", asks="always"),
    "pm_card_authenticationRequiredOnSetup": Card("4000002500003155", asks="unless set up"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "4000008260003178", asks="always", decline=_FUNDS
    ),
    "pm_card_createDispute": Card("4000000000000259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card(
        "4000000000002685", dispute="product_not_received"
    ),
}

MESSAGES: Mapping[str, str] = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}


def token_of(card: str) -> str:
    """Return the token of a test card that is given by token or by number.

    The tokens of declines may also carry the brand, ``pm_card_visa_chargeDeclined``.
    """
    name = card.replace("pm_card_visa_charge", "pm_card_charge")
    by_number = {each.number: token for token, each in CARDS.items()}
    return by_number.get(name.replace(" ", ""), name)


def card_of(state: State, method: Obj) -> Card:
    """Return how a payment method behaves."""
    return CARDS[state.cards[method["id"]]]


def payment_method(state: State, id: str, param: str = "payment_method") -> Obj:
    """Return the payment method of an id; a test token makes a new one."""
    token = token_of(id)
    if token in CARDS:
        return new_method(state, token)
    return state.given("payment_method", id, param)


def new_method(state: State, token: str, **known: Any) -> Obj:
    """Make a payment method of a test card."""
    card = CARDS[token]
    address = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None}
    method = create(
        state,
        "payment_method",
        type="card",
        allow_redisplay="unspecified",
        metadata={},
        customer=None,
        billing_details={"address": {**address, "state": None}, **dict.fromkeys(_BILLING)},
        card=card_details(card),
        **known,
    )
    state.cards[method["id"]] = token
    return method


_BILLING = ("email", "name", "phone", "tax_id")


def card_details(card: Card) -> Obj:
    """Return what Stripe shows of a card."""
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    return {
        "brand": card.brand,
        "checks": checks,
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"Fake{card.number[-12:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def decline_error(decline: tuple[str, str | None]) -> Obj:
    """Return the error object of a decline."""
    code, decline_code = decline
    message = MESSAGES.get(decline_code or "", MESSAGES.get(code, MESSAGES["card_declined"]))
    error: Obj = {
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "type": "card_error",
    }
    if decline_code:
        error |= {"decline_code": decline_code, "advice_code": "try_again_later"}
    if code in ("expired_card", "incorrect_cvc"):
        error["param"] = "exp_month" if code == "expired_card" else "cvc"
    return error


def attach(state: State, method: Obj, customer: Obj) -> None:
    """Attach a payment method to a customer, if its bank lets it be verified."""
    if method.get("customer") == customer["id"]:
        return
    if method.get("customer"):
        fail(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
            code="payment_method_unexpected_state",
        )
    card = card_of(state, method)
    if not card.attaches and card.decline:
        error = decline_error(card.decline)
        fail(error.pop("message"), status=402, type="card_error", **_named(error))
    method["customer"] = customer["id"]
    state.emit("payment_method.attached", method)


def _named(error: Obj) -> Obj:
    return {key: value for key, value in error.items() if key not in ("type", "doc_url")}
