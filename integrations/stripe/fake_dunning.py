"""What follows a failed payment of an invoice: retries, and the end when they run out."""

from integrations.stripe.fake_invoices import DAY_S, RETRY_DAYS, collect, note, subscription_of
from integrations.stripe.fake_state import Obj, State
from integrations.stripe.fake_status import change, finish, resumed, resumption


def failed(state: State, invoice: Obj, *, asks: bool) -> None:
    """Record a failed attempt; ``asks`` when the bank wants to see the buyer."""
    invoice["attempt_count"] += 1
    subscription = subscription_of(state, invoice)
    resuming = resumption(state, subscription, invoice)
    retries = resuming["waits"] if resuming else invoice["billing_reason"] != "subscription_create"
    last = invoice["attempt_count"] > len(RETRY_DAYS)
    at = None
    if retries and not last:
        at = state.now(invoice) + RETRY_DAYS[invoice["attempt_count"] - 1] * DAY_S
        note(state, invoice)["retry_at"] = at
    else:
        note(state, invoice).pop("retry_at", None)
    invoice["next_payment_attempt"] = at
    if asks:
        state.emit("invoice.payment_action_required", invoice)
    state.emit("invoice.payment_failed", invoice)
    if subscription is None or subscription["status"] in ("canceled", "incomplete"):
        return
    if resuming:
        if not resuming["waits"]:
            resumed(state, subscription, "past_due")
        return
    if retries and last:
        _give_up(state, subscription)
    elif subscription["status"] in ("active", "trialing") and retries:
        change(state, subscription, status="past_due")


def _give_up(state: State, subscription: Obj) -> None:
    if state.dunning_ends_in == "canceled":
        finish(state, subscription, "payment_failed")
    elif subscription["status"] != state.dunning_ends_in:
        change(state, subscription, status=state.dunning_ends_in)


def retry(state: State, invoice: Obj) -> None:
    """Try an invoice again, as its schedule says."""
    note(state, invoice).pop("retry_at", None)
    collect(state, invoice)
