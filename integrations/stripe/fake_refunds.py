"""Refunds: full, partial, and those that fail later."""

from copy import deepcopy

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_charges import book
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_state import Obj, State, fail


def _charge(call: Call) -> Obj:
    params, state = call.params, call.state
    if ("charge" in params) == ("payment_intent" in params):
        fail("You must provide exactly one of charge and payment_intent.", param="payment_intent")
    if "charge" in params:
        return state.given("charge", params["charge"], "charge")
    intent = state.given("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        fail(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return state.get("charge", intent["latest_charge"])


def create_refund(call: Call) -> Obj:
    """POST /v1/refunds."""
    charge, state = _charge(call), call.state
    if not charge["paid"]:
        fail(f"Charge {charge['id']} has not been paid.", param="charge")
    left = charge["amount_captured"] - _refunded(state, charge)
    if left == 0:
        fail(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    if charge["disputed"]:
        fail(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    amount = call.params.get("amount", left)
    if amount < 1:
        fail("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        fail(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
            code="amount_too_large",
        )
    return _refund(call, charge, amount)


def _refunded(state: State, charge: Obj) -> int:
    return sum(
        each["amount"]
        for each in state.where("refund", charge=charge["id"])
        if each["status"] not in ("failed", "canceled")
    )


def _refund(call: Call, charge: Obj, amount: int) -> Obj:
    state = call.state
    refund = create(
        state,
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=merge_metadata({}, call.params.get("metadata")),
        payment_intent=charge["payment_intent"],
        reason=call.params.get("reason"),
        status="succeeded",
    )
    refund["destination_details"] = {
        "type": "card",
        "card": {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
    }
    owner = {**refund, "customer": charge["customer"]}
    refund["created"] = state.now(owner)
    refund["balance_transaction"] = book(state, refund, -amount, "refund")["id"]
    before = deepcopy(charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
    state.emit("refund.created", refund)
    state.emit("charge.refunded", charge, before=before)
    return refund


def refuse_refund(state: State, refund: Obj) -> None:
    """Let the bank send a refund back: it fails, and the money returns to your balance."""
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    refund["failure_balance_transaction"] = book(state, refund, refund["amount"], "refund_failure")[
        "id"
    ]
    charge = state.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    state.emit("refund.failed", refund)


def list_refunds(call: Call) -> Obj:
    """GET /v1/refunds."""
    wanted = {k: call.params[k] for k in ("charge", "payment_intent") if k in call.params}
    return listed(call.state.where("refund", **wanted), call.params, call.path)
