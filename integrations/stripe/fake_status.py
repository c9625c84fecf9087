"""A subscription's status, and the events that tell of a change."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_state import Obj, State

ENDED = ("canceled", "incomplete_expired")


def change(state: State, subscription: Obj, /, **fields: Any) -> None:
    """Set fields and tell of it, if anything has changed."""
    before = deepcopy(subscription)
    subscription |= fields
    if subscription != before:
        state.emit("customer.subscription.updated", subscription, before=before)


def after_payment(state: State, subscription: Obj, invoice: Obj) -> None:
    """Let a subscription be active once what it owes is paid."""
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        latest = subscription["latest_invoice"] == invoice["id"]
        if latest or subscription["status"] != "incomplete":
            change(state, subscription, status="active")


def finish(state: State, subscription: Obj, reason: str, **details: Any) -> None:
    """End a subscription now."""
    now = state.now(subscription)
    expired = reason == "expired"
    subscription |= {
        "status": "incomplete_expired" if expired else "canceled",
        "ended_at": now,
        "canceled_at": subscription["canceled_at"] or now,
    }
    if not expired:
        was = subscription["cancellation_details"] or {}
        given = {k: v for k, v in details.items() if v is not None}
        subscription["cancellation_details"] = {**was, "reason": reason, **given}
    if expired:
        state.emit("customer.subscription.updated", subscription, before={"status": "incomplete"})
    else:
        state.emit("customer.subscription.deleted", subscription)
