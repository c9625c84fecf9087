"""A subscription's status, and the events that tell of a change."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_periods import next_boundary
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
    if resumption(state, subscription, invoice):
        resumed(state, subscription, "active")
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        latest = subscription["latest_invoice"] == invoice["id"]
        if latest or subscription["status"] != "incomplete":
            change(state, subscription, status="active")


def resumption(state: State, subscription: Obj | None, invoice: Obj) -> Obj | None:
    """Return how a paused subscription is being resumed, if it is, by this invoice.

    ``waits`` tells of ``resume_on_payment_success``: Stripe tries to have the invoice paid, and the
    subscription stays paused until it is. Otherwise (``resume_on_payment_attempt``, the default)
    you pay the invoice, and a failed attempt resumes the subscription as well, as ``past_due``.
    https://docs.stripe.com/billing/subscriptions/pause#resume-subscriptions (read 2026-11)
    """
    if subscription is None or subscription["status"] != "paused":
        return None
    held: Obj | None = state.notes.get(subscription["id"], {}).get("resuming")
    return held if held and held["invoice"] == invoice["id"] else None


def resumed(state: State, subscription: Obj, status: str) -> None:
    """Resume a paused subscription with the period that began when it was asked for."""
    held = state.notes[subscription["id"]].pop("resuming")
    start_period(subscription, held["at"])
    subscription |= {"status": status, "status_details": None}
    state.emit("customer.subscription.resumed", subscription)


def not_resumed(state: State, subscription: Obj) -> None:
    """Leave it paused; what waits for an invoice waits for the next one."""
    noted = state.notes[subscription["id"]]
    noted["pending"] = [*noted.pop("resuming")["pending"], *noted.get("pending", [])]


def start_period(subscription: Obj, at: int) -> None:
    """Begin a new period of each item, and anchor them there."""
    subscription["billing_cycle_anchor"] = at
    for item in subscription["items"]["data"]:
        end = next_boundary(at, item["price"]["recurring"], at)
        item |= {"current_period_start": at, "current_period_end": end}


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
