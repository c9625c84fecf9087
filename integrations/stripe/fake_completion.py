"""What a buyer's payment does to a Checkout session."""

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_cards import attach
from integrations.stripe.fake_catalog import create_customer
from integrations.stripe.fake_charges import NEEDS_AUTHENTICATION, attempt, decline
from integrations.stripe.fake_invoices import finalize, follow, make_invoice, note
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_objects import create
from integrations.stripe.fake_payments import make_intent
from integrations.stripe.fake_setup import attempt_setup, make_setup
from integrations.stripe.fake_state import Obj, State
from integrations.stripe.fake_subscriptions import start, trial_end

BUYER = "buyer@example.com"


def debit_method(state: State) -> Obj:
    """Make a bank account that is debited."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return create(
        state,
        "payment_method",
        type="us_bank_account",
        allow_redisplay="unspecified",
        metadata={},
        billing_details={"address": address, "email": None, "name": None, "phone": None},
        us_bank_account={
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": "FakeBank0000001",
            "last4": "6789",
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        },
    )


def complete(
    state: State, session: Obj, method: Obj, *, email: str | None, authenticate: bool
) -> Obj | None:
    """Pay or save by ``method``; return the error object of a decline, or None."""
    owner = state.find("customer", session["customer"] or "")
    address = email or session["customer_email"] or (owner or {}).get("email") or BUYER
    details = {"email": address, "name": (owner or {}).get("name"), "tax_exempt": "none"}
    act = {"payment": _pay, "subscription": _subscribe, "setup": _save}[session["mode"]]
    error = act(
        state, session, method, owner or _new_customer(state, session, address), authenticate
    )
    if error:
        return error
    unset = dict.fromkeys(("address", "phone", "tax_ids", "business_name", "individual_name"))
    session |= {"status": "complete", "url": None, "customer_details": {**unset, **details}}
    session["client_secret"] = None
    state.emit("checkout.session.completed", session)
    return None


def _new_customer(state: State, session: Obj, email: str) -> Obj | None:
    """Make a customer where Checkout does: for a subscription, or when it was asked for."""
    needed = session["mode"] == "subscription" or session["customer_creation"] == "always"
    if not needed:
        return None
    noted = state.notes[session["id"]]
    if "customer" not in noted:
        made = create_customer(Call(state, {"email": email}, (), "/v1/customers"))
        noted["customer"] = made["id"]
    return state.get("customer", noted["customer"])


def _charge(
    state: State, session: Obj, method: Obj, owner: Obj | None, authenticate: bool, data: Obj
) -> tuple[Obj, Obj | None]:
    """Try to pay the session's total; the same intent serves every try."""
    noted = state.notes[session["id"]]
    given = {
        **data,
        "amount": session["amount_total"],
        "currency": session["currency"],
        **({"customer": owner["id"]} if owner else {}),
    }
    if "intent" not in noted:
        noted["intent"] = make_intent(state, given)["id"]
    intent = state.get("payment_intent", noted["intent"])
    error = attempt(state, intent, method)
    if intent["status"] == "requires_action":
        if authenticate:
            error = attempt(state, intent, method, authenticated=True)
        else:
            error = decline(state, intent, method, NEEDS_AUTHENTICATION)
    return intent, error


def _pay(
    state: State, session: Obj, method: Obj, owner: Obj | None, authenticate: bool
) -> Obj | None:
    data = state.notes[session["id"]]["params"].get("payment_intent_data") or {}
    if not session["amount_total"]:
        return None
    intent, error = _charge(state, session, method, owner, authenticate, data)
    if error:
        return error
    if owner and intent["setup_future_usage"] and method["type"] == "card":
        attach(state, method, owner)
    paid = "paid" if intent["status"] == "succeeded" else "unpaid"
    session |= {"payment_intent": intent["id"], "payment_status": paid}
    session["customer"] = owner["id"] if owner else None
    return None


def _save(
    state: State, session: Obj, method: Obj, owner: Obj | None, authenticate: bool
) -> Obj | None:
    data = state.notes[session["id"]]["params"].get("setup_intent_data") or {}
    given = {**data, **({"customer": owner["id"]} if owner else {})}
    intent, error = _set_up(state, given, method, authenticate)
    if error:
        return error
    session["setup_intent"] = intent["id"]
    session["customer"] = owner["id"] if owner else None
    return None


def _set_up(state: State, given: Obj, method: Obj, authenticate: bool) -> tuple[Obj, Obj | None]:
    intent = make_setup(state, given)
    error = attempt_setup(state, intent, method)
    if intent["status"] == "requires_action":
        if authenticate:
            return intent, attempt_setup(state, intent, method, authenticated=True)
        intent |= {"status": "requires_payment_method", "next_action": None}
        state.emit("setup_intent.setup_failed", intent)
        error = {"message": "The bank could not authenticate the buyer."}
    return intent, error


def _subscribe(
    state: State, session: Obj, method: Obj, owner: Obj | None, authenticate: bool
) -> Obj | None:
    """Take the first payment, and only then make the subscription."""
    if owner is None:
        raise LookupError("a subscription's session has a customer")
    params = state.notes[session["id"]]["params"]
    data = dict(params.get("subscription_data") or {})
    free = session["amount_total"] == 0
    intent: Obj | None = None
    if free:
        _, error = _set_up(state, {"customer": owner["id"]}, method, authenticate)
    else:
        later = {"setup_future_usage": "off_session", "description": "Subscription creation"}
        intent, error = _charge(state, session, method, owner, authenticate, later)
    if error:
        return error
    attach(state, method, owner)
    lines = state.notes[session["id"]]["lines"]
    data["items"] = [{"price": e["price"]["id"], "quantity": e["quantity"]} for e in lines]
    trial = trial_end(state, owner, data)
    subscription = start(state, owner, data, trial=trial, method=method["id"])
    _first_invoice(state, subscription, intent)
    session |= {
        "customer": owner["id"],
        "subscription": subscription["id"],
        "invoice": subscription["latest_invoice"],
        "payment_status": "no_payment_required" if free else "paid",
    }
    return None


def _first_invoice(state: State, subscription: Obj, intent: Obj | None) -> None:
    lines = period_lines(state, subscription, free=subscription["trial_end"] is not None)
    invoice = make_invoice(state, subscription, lines, "subscription_create")
    if subscription["status"] == "incomplete":
        subscription["status"] = "active"
    if intent:
        note(state, intent)["invoice"] = invoice["id"]
        note(state, invoice)["intent"] = intent["id"]
    state.emit("customer.subscription.created", subscription)
    finalize(state, invoice)
    if intent:
        follow(state, intent)
