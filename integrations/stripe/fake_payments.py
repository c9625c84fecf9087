"""Payment intents: create, confirm, capture, cancel."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_cards import attach, payment_method
from integrations.stripe.fake_charges import attempt, settle
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_money import check_amount, check_currency
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_state import Obj, RefusedError, State, fail

_TAKEN = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
UNPLAYED = (
    "application_fee_amount",
    "confirmation_token",
    "mandate_data",
    "on_behalf_of",
    "payment_method_data",
    "transfer_data",
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def make_intent(state: State, params: Obj) -> Obj:
    """Make a payment intent out of checked parameters, not yet confirmed."""
    automatic = {"enabled": True, "allow_redirects": "always"}
    automatic |= params.get("automatic_payment_methods") or {}
    intent = create(
        state,
        "payment_intent",
        **{key: params[key] or None for key in _TAKEN if key in params},
        amount=params["amount"],
        automatic_payment_methods=automatic,
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=params["currency"],
        customer=params.get("customer"),
        metadata=merge_metadata({}, params.get("metadata")),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        status="requires_payment_method",
    )
    intent["client_secret"] = f"{intent['id']}_secret_fake"
    state.emit("payment_intent.created", intent)
    return intent


def create_intent(call: Call) -> Obj:
    """POST /v1/payment_intents."""
    state, params = call.state, call.params
    refuse_unplayed(params, UNPLAYED)
    check_currency(params["currency"], "currency")
    check_amount(params["amount"], params["currency"], "amount")
    if "customer" in params:
        state.given("customer", params["customer"], "customer")
    confirm = params.get("confirm", False)
    for key in ("off_session", "error_on_requires_action", "return_url"):
        if key in params and not confirm:
            fail(f"You can only use {key} when confirm=true.", param=key)
    if confirm:
        _check_return_url(params.get("automatic_payment_methods") or {}, params)
    method = _method(state, params, params.get("customer"))
    intent = make_intent(state, params)
    if method:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    if confirm:
        _confirm(state, intent, params)
    return intent


def _check_return_url(automatic: Obj, params: Obj) -> None:
    exempt = params.get("off_session") or automatic.get("allow_redirects") == "never"
    if not exempt and "return_url" not in params:
        fail(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard."
            " Because some of these payment methods might redirect your customer off of your page,"
            " you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            param="return_url",
        )


def _method(state: State, params: Obj, customer: str | None) -> Obj | None:
    if "payment_method" not in params:
        return None
    method = payment_method(state, params["payment_method"])
    if method["customer"] and method["customer"] != customer:
        fail(
            f"The PaymentMethod '{method['id']}' belongs to a Customer. Please include the "
            "Customer in the `customer` parameter on the PaymentIntent.",
            param="payment_method",
        )
    return method


def _confirm(state: State, intent: Obj, params: Obj) -> None:
    if intent["payment_method"] is None:
        fail(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    method = state.get("payment_method", intent["payment_method"])
    error = attempt(
        state,
        intent,
        method,
        off_session=params.get("off_session") not in (None, False),
        return_url=params.get("return_url"),
    )
    if error is None and params.get("error_on_requires_action"):
        error = _refused_action(state, intent)
    if error:
        raise RefusedError(402, {**error, "payment_intent": deepcopy(intent)})
    _save(state, intent, method)


def _refused_action(state: State, intent: Obj) -> Obj | None:
    if intent["status"] != "requires_action":
        return None
    intent |= {"status": "requires_payment_method", "next_action": None, "payment_method": None}
    return {
        "code": "authentication_required",
        "decline_code": "authentication_not_handled",
        "message": "This payment required an authentication action to complete, but "
        "`error_on_requires_action` was set.",
        "type": "card_error",
    }


def _save(state: State, intent: Obj, method: Obj) -> None:
    wanted = intent["setup_future_usage"] and intent["customer"]
    if wanted and intent["status"] == "succeeded" and not method["customer"]:
        attach(state, method, state.get("customer", intent["customer"]))


def unexpected(intent: Obj, act: str) -> Any:
    """Refuse what an intent's status does not allow."""
    fail(
        f"This PaymentIntent could not be {act} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=deepcopy(intent),
    )


def confirm_intent(call: Call) -> Obj:
    """POST /v1/payment_intents/:id/confirm."""
    state, params = call.state, call.params
    intent = state.get("payment_intent", call.id, "intent")
    if intent["status"] not in OPEN:
        unexpected(intent, "confirmed")
    _check_return_url(intent["automatic_payment_methods"] or {}, params)
    method = _method(state, params, intent["customer"])
    if method:
        intent["payment_method"] = method["id"]
    if "setup_future_usage" in params:
        intent["setup_future_usage"] = params["setup_future_usage"] or None
    _confirm(state, intent, params)
    return intent


def capture_intent(call: Call) -> Obj:
    """POST /v1/payment_intents/:id/capture."""
    state = call.state
    intent = state.get("payment_intent", call.id, "intent")
    if intent["status"] != "requires_capture":
        unexpected(intent, "captured")
    amount: int = {"amount_to_capture": intent["amount"], **call.params}["amount_to_capture"]
    if not 1 <= amount <= intent["amount_capturable"]:
        fail(
            "The requested capture amount is greater than the amount you can capture for this "
            "charge, or it is not positive.",
            param="amount_to_capture",
            code="amount_too_large" if amount > 0 else "parameter_invalid_integer",
        )
    charge = state.get("charge", intent["latest_charge"])
    charge |= {"captured": True, "amount_captured": amount}
    charge["amount_refunded"] = intent["amount"] - amount
    state.emit("charge.captured", charge)
    settle(state, intent, charge)
    return intent


def cancel_intent(call: Call) -> Obj:
    """POST /v1/payment_intents/:id/cancel."""
    intent = call.state.get("payment_intent", call.id, "intent")
    if intent["status"] not in (*OPEN, "requires_capture"):
        unexpected(intent, "canceled")
    cancel(call.state, intent, call.params.get("cancellation_reason"))
    return intent


def cancel(state: State, intent: Obj, reason: str | None) -> None:
    """Cancel an intent; what was held on a card is released."""
    if intent["status"] == "requires_capture":
        charge = state.get("charge", intent["latest_charge"])
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
        state.emit("charge.refunded", charge)
    intent |= {
        "status": "canceled",
        "canceled_at": state.now(intent),
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    state.emit("payment_intent.canceled", intent)


def update_intent(call: Call) -> Obj:
    """POST /v1/payment_intents/:id."""
    state, params = call.state, call.params
    intent = state.get("payment_intent", call.id, "intent")
    if "amount" in params and intent["status"] not in OPEN:
        unexpected(intent, "updated")
    wanted: Obj = {"amount": intent["amount"], "currency": intent["currency"], **params}
    check_currency(wanted["currency"], "currency")
    check_amount(wanted["amount"], wanted["currency"], "amount")
    method = _method(state, params, params.get("customer", intent["customer"]))
    if method:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    for key in ("amount", "currency", "customer", *_TAKEN):
        if key in params:
            intent[key] = params[key] if params[key] != "" else None
    intent["metadata"] = merge_metadata(intent, params.get("metadata"))
    return intent


def list_intents(call: Call) -> Obj:
    """GET /v1/payment_intents."""
    wanted = {"customer": call.params["customer"]} if "customer" in call.params else {}
    return listed(call.state.where("payment_intent", **wanted), call.params, call.path)


def list_charges(call: Call) -> Obj:
    """GET /v1/charges."""
    wanted = {k: call.params[k] for k in ("customer", "payment_intent") if k in call.params}
    return listed(call.state.where("charge", **wanted), call.params, call.path)
