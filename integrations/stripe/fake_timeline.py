"""What happens by itself as time passes, on a test clock or on the real one."""

from collections.abc import Callable, Iterator
from copy import deepcopy

from integrations.stripe.fake_changes import take_pending
from integrations.stripe.fake_checkout import expire
from integrations.stripe.fake_dunning import retry
from integrations.stripe.fake_invoices import collect, finalize, make_invoice, note, void
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_pauses import pause
from integrations.stripe.fake_periods import next_boundary
from integrations.stripe.fake_state import Obj, State
from integrations.stripe.fake_status import ENDED, change, finish

DRAFT_S = 3600
WARNING_S = 3 * 86400
INCOMPLETE_S = 23 * 3600
ADVANCING_S = 2

Due = tuple[int, int, Callable[[], None]]


def run(state: State, clock: Obj | None, until: int) -> None:
    """Let everything happen that is due on ``clock``, or on none, in the order of time."""
    while True:
        due = min(_due(state, clock), key=lambda each: each[:2], default=None)
        if due is None or due[0] > until:
            break
        _set_time(state, clock, max(due[0], _time(state, clock)))
        due[2]()
    _set_time(state, clock, until)


def _time(state: State, clock: Obj | None) -> int:
    return int(note(state, clock).get("now", 0)) if clock else state.time


def _set_time(state: State, clock: Obj | None, at: int) -> None:
    if clock:
        note(state, clock)["now"] = at
    else:
        state.time = at


def _due(state: State, clock: Obj | None) -> Iterator[Due]:
    for subscription in list(state.where("subscription", test_clock=clock and clock["id"])):
        if subscription["status"] not in ENDED:
            yield from _of_subscription(state, subscription)
    for invoice in list(state.where("invoice", test_clock=clock and clock["id"])):
        yield from _of_invoice(state, invoice)
    if clock is None:
        for session in list(state.where("checkout.session", status="open")):
            yield session["expires_at"], 9, lambda s=session: expire(state, s)  # type: ignore[misc]


def _of_subscription(state: State, subscription: Obj) -> Iterator[Due]:
    end = min(item["current_period_end"] for item in subscription["items"]["data"])
    status, trial = subscription["status"], subscription["trial_end"]
    if status == "incomplete":
        yield subscription["created"] + INCOMPLETE_S, 0, lambda: _expire(state, subscription)
        return
    if status == "trialing" and not note(state, subscription).get("trial_warned"):
        yield trial - WARNING_S, 0, lambda: _warn(state, subscription)
    if subscription["cancel_at"] is not None:
        yield subscription["cancel_at"], 1, lambda: _cancel(state, subscription)
    held = subscription["pause_collection"]
    if held and held["resumes_at"] is not None:
        resumes = {"pause_collection": None}
        yield held["resumes_at"], 1, lambda: change(state, subscription, **resumes)
    if status != "paused":
        yield end, 2, lambda: _renew(state, subscription)


def _of_invoice(state: State, invoice: Obj) -> Iterator[Due]:
    noted = note(state, invoice)
    if invoice["status"] == "draft" and "finalize_at" in noted:
        yield noted["finalize_at"], 3, lambda: _finalize(state, invoice)
    if invoice["status"] == "open" and "retry_at" in noted:
        yield noted["retry_at"], 4, lambda: retry(state, invoice)


def _expire(state: State, subscription: Obj) -> None:
    finish(state, subscription, "expired")
    void(state, state.get("invoice", subscription["latest_invoice"]))


def _warn(state: State, subscription: Obj) -> None:
    note(state, subscription)["trial_warned"] = True
    state.emit("customer.subscription.trial_will_end", subscription)


def _cancel(state: State, subscription: Obj) -> None:
    # Prorations that wait are asked for when the period ends; ending it at once drops them.
    # https://docs.stripe.com/api/subscriptions/cancel (read 2026-11)
    if lines := take_pending(state, subscription):
        _collect_later(state, make_invoice(state, subscription, lines, "subscription_cycle"))
    finish(state, subscription, "cancellation_requested")


def _renew(state: State, subscription: Obj) -> None:
    if subscription["status"] == "trialing" and _stops(state, subscription):
        return
    before = deepcopy(subscription)
    for item in subscription["items"]["data"]:
        start = item["current_period_end"]
        recurring, anchor = item["price"]["recurring"], subscription["billing_cycle_anchor"]
        item["current_period_start"] = start
        item["current_period_end"] = next_boundary(anchor, recurring, start)
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    lines = [*take_pending(state, subscription), *period_lines(state, subscription)]
    invoice = make_invoice(state, subscription, lines, "subscription_cycle")
    state.emit("customer.subscription.updated", subscription, before=before)
    held = subscription["pause_collection"]
    if held:
        _hold(state, invoice, held["behavior"])
    elif subscription["status"] == "unpaid":
        invoice["auto_advance"] = False  # stays a draft, https://docs.stripe.com/billing (2026-11)
    else:
        _collect_later(state, invoice)


def _collect_later(state: State, invoice: Obj) -> None:
    at = state.now(invoice) + DRAFT_S
    note(state, invoice)["finalize_at"] = invoice["next_payment_attempt"] = at


def _stops(state: State, subscription: Obj) -> bool:
    """Pause or cancel after a trial without a payment method, where that is wanted."""
    customer = state.get("customer", subscription["customer"])
    default = customer["invoice_settings"]["default_payment_method"]
    if subscription["default_payment_method"] or default:
        return False
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior == "cancel":
        finish(state, subscription, "cancellation_requested")
    if behavior == "pause":
        pause(state, subscription, "trial_end_without_payment_method")
    return bool(behavior != "create_invoice")


def _hold(state: State, invoice: Obj, behavior: str) -> None:
    invoice["auto_advance"] = False
    if behavior == "keep_as_draft":
        return
    finalize(state, invoice)
    if invoice["status"] == "open":
        void(state, invoice, "void" if behavior == "void" else "uncollectible")


def _finalize(state: State, invoice: Obj) -> None:
    finalize(state, invoice)
    if invoice["status"] == "open":
        collect(state, invoice)


def settle(state: State, now: int) -> None:
    """Bring everything to the present: what is on no test clock, and clocks that are advancing."""
    if now > state.time:
        run(state, None, now)
    for clock in list(state.where("test_helpers.test_clock", status="advancing")):
        if now >= note(state, clock)["ready_at"]:
            run(state, clock, clock["frozen_time"])
            clock |= {"status": "ready", "status_details": {}}
            state.emit("test_helpers.test_clock.ready", clock)
