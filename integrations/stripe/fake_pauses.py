"""Subscriptions that are paused, and resumed: no new period, and no invoice, in between.

https://docs.stripe.com/billing/subscriptions/pause (read 2026-11); ``pause_collection`` is another
thing, and plays in the timeline.
"""

from copy import deepcopy

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_changes import settle_unused, take_pending
from integrations.stripe.fake_invoices import collect, finalize, make_invoice, note
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_state import Obj, State, fail
from integrations.stripe.fake_status import start_period
from integrations.stripe.fake_subscriptions import alive

UNTRIED_S = 23 * 3600
"""How long the invoice of a resumption waits for the first attempt to pay it."""


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
    """POST /v1/subscriptions/:id/resume.

    It is resumed by what becomes of its invoice: see ``resumption`` in :mod:`.fake_status`.
    """
    state, subscription = call.state, alive(call.state, call.id)
    _check_resume(state, subscription)
    waits = call.params.get("payment_behavior") == "resume_on_payment_success"
    now = state.now(subscription)
    then = deepcopy(subscription)
    start_period(then, now)
    pending = take_pending(state, subscription)
    lines = [*pending, *period_lines(state, then)]
    invoice = make_invoice(state, then, lines, "subscription_update")
    subscription["latest_invoice"] = invoice["id"]
    resuming = {"invoice": invoice["id"], "at": now, "waits": waits, "pending": pending}
    note(state, subscription)["resuming"] = resuming
    finalize(state, invoice)
    if invoice["status"] == "open":
        if waits:
            collect(state, invoice)
        else:
            note(state, invoice)["void_at"] = now + UNTRIED_S
    return subscription


def _check_resume(state: State, subscription: Obj) -> None:
    customer = state.get("customer", subscription["customer"])
    method = customer["invoice_settings"]["default_payment_method"]
    if subscription["status"] != "paused":
        fail(
            "Only paused subscriptions can be resumed; use pause_collection='' to resume the "
            "collection of payments.",
            code="subscription_invalid_status",
        )
    if "resuming" in note(state, subscription):
        fail(
            "This subscription is being resumed: pay its latest invoice, or void it.",
            code="subscription_invalid_status",
        )
    if not (subscription["default_payment_method"] or method):
        fail("This customer has no attached payment source.", code="resource_missing")
