"""One attempt to take money from a card: a charge, its balance transaction, the intent's status."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_cards import card_of, decline_error
from integrations.stripe.fake_disputes import open_dispute
from integrations.stripe.fake_objects import build, create
from integrations.stripe.fake_state import Obj, State

NEEDS_AUTHENTICATION = ("authentication_required", "authentication_required")


def attempt(
    state: State,
    intent: Obj,
    method: Obj,
    *,
    off_session: bool = False,
    authenticated: bool = False,
    return_url: str | None = None,
) -> Obj | None:
    """Try to pay ``intent`` with ``method``; return the error object of a decline, or None."""
    intent["payment_method"] = method["id"]
    intent["next_action"] = None
    if method["type"] != "card":
        intent["status"] = "processing"
        state.emit("payment_intent.processing", intent)
        return None
    card = card_of(state, method)
    known = method["id"] in state.approved
    asks = card.asks == "always" or (card.asks == "unless set up" and not known)
    if asks and not authenticated:
        if off_session:
            return decline(state, intent, method, NEEDS_AUTHENTICATION)
        _ask(state, intent, return_url)
        return None
    if card.decline:
        return decline(state, intent, method, card.decline)
    _pay(state, intent, method)
    return None


def _ask(state: State, intent: Obj, return_url: str | None) -> None:
    url = f"https://hooks.stripe.com/3d_secure_2/hosted?payment_intent={intent['id']}"
    intent["status"] = "requires_action"
    intent["next_action"] = (
        {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
        if return_url
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    )
    state.emit("payment_intent.requires_action", intent)


def decline(state: State, intent: Obj, method: Obj, why: tuple[str, str | None]) -> Obj:
    """Let an attempt fail; return the error object."""
    error = decline_error(why)
    charge = _charge(
        state,
        intent,
        method,
        status="failed",
        paid=False,
        captured=False,
        failure_code=error["code"],
        failure_message=error["message"],
        outcome=_outcome("issuer_declined", error.get("decline_code"), error["message"]),
    )
    full = {**error, "charge": charge["id"], "payment_method": deepcopy(method)}
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": full,
        "latest_charge": charge["id"],
        "payment_method": None,
    }
    state.emit("charge.failed", charge)
    state.emit("payment_intent.payment_failed", intent)
    return full


def _outcome(type: str, reason: str | None, message: str) -> Obj:
    declined = type == "issuer_declined"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": reason,
        "risk_level": "normal",
        "seller_message": message if declined else "Payment complete.",
        "type": type,
    }


def _charge(state: State, intent: Obj, method: Obj, **known: Any) -> Obj:
    card = {**method["card"], "network": method["card"]["brand"]} if method.get("card") else None
    details = {"type": method["type"], method["type"]: card or {}}
    return create(
        state,
        "charge",
        amount=intent["amount"],
        billing_details=deepcopy(method["billing_details"]),
        calculated_statement_descriptor="WORKBOOK",
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        fraud_details={},
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=details,
        receipt_email=intent["receipt_email"],
        **known,
    )


def _pay(state: State, intent: Obj, method: Obj) -> None:
    later = intent["capture_method"] == "manual"
    charge = _charge(
        state,
        intent,
        method,
        status="succeeded",
        paid=True,
        captured=not later,
        amount_captured=0 if later else intent["amount"],
        outcome=_outcome("authorized", None, "Payment complete."),
    )
    charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{charge['id']}"
    intent |= {"latest_charge": charge["id"], "last_payment_error": None}
    if intent.get("setup_future_usage") == "off_session":
        state.approved.add(method["id"])
    state.emit("charge.succeeded", charge)
    if later:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        state.emit("payment_intent.amount_capturable_updated", intent)
        return
    settle(state, intent, charge)
    reason = card_of(state, method).dispute if method["type"] == "card" else None
    if reason:
        open_dispute(state, charge, reason)


def settle(state: State, intent: Obj, charge: Obj) -> None:
    """Book a captured charge and let its intent succeed."""
    charge["balance_transaction"] = book(state, charge, charge["amount_captured"], "charge")["id"]
    intent |= {
        "status": "succeeded",
        "amount_received": charge["amount_captured"],
        "amount_capturable": 0,
    }
    state.emit("payment_intent.succeeded", intent)


def settle_debit(state: State, intent: Obj, *, succeeds: bool) -> None:
    """Let a bank debit that is under way succeed, or fail."""
    method = state.get("payment_method", intent["payment_method"])
    if succeeds:
        _pay(state, intent, method)
    else:
        decline(state, intent, method, ("payment_method_provider_decline", None))


def book(state: State, source: Obj, amount: int, type: str) -> Obj:
    """Make the balance transaction of a charge or a refund; fees are 2.9 % and 30."""
    fee = round(amount * 29 / 1000) + 30 if type == "charge" else 0
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    booked = build(
        "balance_transaction",
        id=state.new_id("balance_transaction"),
        amount=amount,
        available_on=state.now(source) + 2 * 86400,
        balance_type="payments",
        created=state.now(source),
        currency=source["currency"],
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=type,
        source=source["id"],
        status="pending",
        type=type,
    )
    return state.add(booked)
