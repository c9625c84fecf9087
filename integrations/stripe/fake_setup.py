"""Setup intents: a card is saved for later, and its bank is asked now."""

from copy import deepcopy

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_cards import attach, card_of, decline_error, payment_method
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_state import Obj, RefusedError, State, fail

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create_setup(call: Call) -> Obj:
    """POST /v1/setup_intents."""
    state, params = call.state, call.params
    if "customer" in params:
        state.given("customer", params["customer"], "customer")
    if params.get("confirm"):
        _check_return_url(params)
    intent = make_setup(state, params)
    if "payment_method" in params:
        method = payment_method(state, params["payment_method"])
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    if params.get("confirm"):
        _confirm(state, intent, params)
    return intent


def _check_return_url(params: Obj) -> None:
    never = (params.get("automatic_payment_methods") or {}).get("allow_redirects") == "never"
    if not never and "return_url" not in params:
        fail(
            "This SetupIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`.",
            param="return_url",
        )


def make_setup(state: State, params: Obj) -> Obj:
    """Make a setup intent out of checked parameters."""
    intent = create(
        state,
        "setup_intent",
        automatic_payment_methods={"allow_redirects": "always", "enabled": True},
        customer=params.get("customer"),
        description=params.get("description"),
        metadata=merge_metadata({}, params.get("metadata")),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
    )
    intent["client_secret"] = f"{intent['id']}_secret_fake"
    state.emit("setup_intent.created", intent)
    return intent


def attempt_setup(
    state: State, intent: Obj, method: Obj, *, authenticated: bool = False
) -> Obj | None:
    """Try to save a card; return the error object of a decline, or None."""
    card = card_of(state, method)
    intent |= {"payment_method": method["id"], "next_action": None}
    if card.asks != "never" and not authenticated:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        intent |= {"status": "requires_action", "next_action": action}
        state.emit("setup_intent.requires_action", intent)
        return None
    if card.decline and not card.attaches:
        error = {**decline_error(card.decline), "payment_method": deepcopy(method)}
        intent |= {
            "status": "requires_payment_method",
            "last_setup_error": error,
            "payment_method": None,
        }
        state.emit("setup_intent.setup_failed", intent)
        return error
    if intent["usage"] == "off_session":
        state.approved.add(method["id"])
    if intent["customer"]:
        attach(state, method, state.get("customer", intent["customer"]))
    intent |= {"status": "succeeded", "last_setup_error": None}
    state.emit("setup_intent.succeeded", intent)
    return None


def _confirm(state: State, intent: Obj, params: Obj) -> None:
    if intent["payment_method"] is None:
        fail(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    method = state.get("payment_method", intent["payment_method"])
    error = attempt_setup(state, intent, method)
    if error:
        raise RefusedError(402, {**error, "setup_intent": deepcopy(intent)})


def _unexpected(intent: Obj, act: str) -> None:
    if intent["status"] not in OPEN:
        fail(
            f"This SetupIntent could not be {act} because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
        )


def confirm_setup(call: Call) -> Obj:
    """POST /v1/setup_intents/:id/confirm."""
    state, params = call.state, call.params
    intent = state.get("setup_intent", call.id, "intent")
    _unexpected(intent, "confirmed")
    _check_return_url(params)
    if "payment_method" in params:
        intent["payment_method"] = payment_method(state, params["payment_method"])["id"]
    _confirm(state, intent, params)
    return intent


def cancel_setup(call: Call) -> Obj:
    """POST /v1/setup_intents/:id/cancel."""
    intent = call.state.get("setup_intent", call.id, "intent")
    _unexpected(intent, "canceled")
    reason = call.params.get("cancellation_reason")
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    call.state.emit("setup_intent.canceled", intent)
    return intent


def list_setups(call: Call) -> Obj:
    """GET /v1/setup_intents."""
    wanted = {"customer": call.params["customer"]} if "customer" in call.params else {}
    return listed(call.state.where("setup_intent", **wanted), call.params, call.path)
