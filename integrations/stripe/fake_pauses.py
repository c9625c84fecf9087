"""Subscriptions that are paused, and resumed: no new period, and no invoice, in between.

https://docs.stripe.com/billing/subscriptions/pause (read 2026-11); ``pause_collection`` is another
thing, and plays in the timeline.
"""

from copy import deepcopy

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_changes import settle_unused, take_pending
from integrations.stripe.fake_invoices import collect, finalize, make_invoice, note, void
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_periods import next_boundary
from integrations.stripe.fake_state import Obj, State, fail
from integrations.stripe.fake_subscriptions import alive


def pause(state: State, subscription: Obj, reason: str) -> None:
    """Pause: no new period, no invoice, until it is resumed."""
    details = {"subscription": {"type": reason}, "type": "subscription"}
    subscription |= {
        "status": "paused",
        "status_details": {"paused": {**details, "transitioned_at": state.now(subscription)}},
    }
    state.emit("customer.subscription.paused", subscription)


def pause_subscription(call: Call) -> Obj:
    """POST /v1/subscriptions/:id/pause."""
    subscription = alive(call.state, call.id)
    billed = call.params.get("bill_for") or {}
    unused = (billed.get("unused_time_from") or {}).get("type", "now")
    if unused not in ("now", "none"):
        refuse_unplayed(billed, ("unused_time_from",))
    if subscription["status"] not in ("active", "trialing"):
        fail(
            f"A subscription that is {subscription['status']} cannot be paused.",
            code="subscription_invalid_status",
        )
    now = call.params.get("invoicing_behavior") == "invoice"
    settle_unused(call.state, subscription, {"prorate": unused == "now", "invoice_now": now})
    pause(call.state, subscription, "pause_requested")
    return subscription


def resume_subscription(call: Call) -> Obj:
    """POST /v1/subscriptions/:id/resume."""
    state = call.state
    subscription = alive(state, call.id)
    if subscription["status"] != "paused":
        fail(
            "Only paused subscriptions can be resumed; use pause_collection='' to resume the "
            "collection of payments.",
            code="subscription_invalid_status",
        )
    now = state.now(subscription)
    customer = state.get("customer", subscription["customer"])
    if not (
        subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    ):
        fail("This customer has no attached payment source.", code="resource_missing")
    before = deepcopy(subscription)
    subscription |= {"status": "active", "status_details": None, "billing_cycle_anchor": now}
    for item in subscription["items"]["data"]:
        end = next_boundary(now, item["price"]["recurring"], now)
        item |= {"current_period_start": now, "current_period_end": end}
    pending = take_pending(state, subscription)
    lines = [*pending, *period_lines(state, subscription)]
    invoice = make_invoice(state, subscription, lines, "subscription_update")
    finalize(state, invoice)
    if invoice["status"] == "open":
        collect(state, invoice)
    if invoice["status"] != "paid":
        void(state, invoice)
        note(state, subscription)["pending"] = pending
        latest = before["latest_invoice"]
        subscription |= {**before, "latest_invoice": latest, "items": before["items"]}
        return subscription
    state.emit("customer.subscription.resumed", subscription)
    return subscription
