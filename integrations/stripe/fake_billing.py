"""Calls about invoices: read, pay, void, preview; and the billing portal."""

from copy import deepcopy

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_cards import payment_method
from integrations.stripe.fake_changes import apply
from integrations.stripe.fake_invoices import (
    collect,
    confirmation_secret,
    finalize,
    mark_paid,
    note,
    payments_of,
    subscription_of,
    upcoming,
    void,
)
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_listing import INCLUDABLE, listed
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_periods import next_boundary
from integrations.stripe.fake_state import Obj, RefusedError, State, fail
from integrations.stripe.fake_subscriptions import alive, start

INCLUDABLE["invoice", "payments"] = payments_of
INCLUDABLE["invoice", "confirmation_secret"] = confirmation_secret


def list_invoices(call: Call) -> Obj:
    """GET /v1/invoices."""
    params, state = call.params, call.state
    wanted = {k: params[k] for k in ("customer", "status", "collection_method") if k in params}
    found = list(state.where("invoice", **wanted))
    if "subscription" in params:
        owner = params["subscription"]
        found = [i for i in found if (subscription_of(state, i) or {}).get("id") == owner]
    return listed(found, params, call.path)


def list_payments(call: Call) -> Obj:
    """GET /v1/invoice_payments."""
    params = call.params
    wanted = {k: params[k] for k in ("invoice", "status") if k in params}
    found = list(call.state.where("invoice_payment", **wanted))
    payment = params.get("payment") or {}
    if "payment_intent" in payment:
        named = payment["payment_intent"]
        found = [each for each in found if each["payment"]["payment_intent"] == named]
    return listed(found, params, call.path)


def pay_invoice(call: Call) -> Obj:
    """POST /v1/invoices/:id/pay."""
    state, params = call.state, call.params
    invoice = state.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalize(state, invoice)
    if invoice["status"] not in ("open", "uncollectible"):
        word = {"paid": "already paid", "void": "voided"}.get(invoice["status"], "not payable")
        fail(f"Invoice is {word}.", code="invoice_not_editable")
    if params.get("paid_out_of_band"):
        mark_paid(state, invoice, elsewhere=True)
        return invoice
    method = payment_method(state, params["payment_method"]) if "payment_method" in params else None
    error = collect(state, invoice, method)
    if error and error["code"] == "missing_payment_method":
        fail(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set a "
            "default payment method.",
            code="invoice_payment_intent_requires_action",
        )
    if error is None and invoice["status"] == "open":
        error = {
            "code": "invoice_payment_intent_requires_action",
            "message": "This payment requires additional user action before it can be completed "
            "successfully. Payment can be completed using the PaymentIntent associated with the "
            "invoice.",
            "type": "card_error",
        }
    if error:
        raise RefusedError(402, error)
    return invoice


def finalize_invoice(call: Call) -> Obj:
    """POST /v1/invoices/:id/finalize."""
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] != "draft":
        fail("This invoice is already finalized.", code="invoice_not_editable")
    finalize(call.state, invoice)
    return invoice


def void_invoice(call: Call) -> Obj:
    """POST /v1/invoices/:id/void."""
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] not in ("open", "uncollectible"):
        fail("You can only void open or uncollectible invoices.", code="invoice_not_editable")
    void(call.state, invoice)
    return invoice


def preview(call: Call) -> Obj:
    """POST /v1/invoices/create_preview: nothing is kept of it."""
    params = call.params
    details = dict(params.get("subscription_details") or {})
    state = call.state.scratch()
    if "subscription" in params:
        subscription = alive(state, params["subscription"])
        was = [item["current_period_end"] for item in subscription["items"]["data"]]
        apply(state, subscription, details)
    elif "customer" in params and details.get("items"):
        customer = state.given("customer", params["customer"], "customer")
        subscription = start(state, customer, details, trial=None, method=None)
        return upcoming(state, subscription, period_lines(state, subscription))
    else:
        fail("You must give subscription, or customer and subscription_details[items].")
    return upcoming(state, subscription, _next_lines(state, subscription, details, was))


def _next_lines(state: State, subscription: Obj, details: Obj, was: list[int]) -> list[Obj]:
    noted = note(state, subscription)
    pending: list[Obj] = noted.get("pending", [])
    if noted.get("reset"):
        return [*pending, *period_lines(state, subscription)]
    if details.get("proration_behavior") == "always_invoice":
        return pending
    if subscription["cancel_at_period_end"]:
        if not pending:
            fail("No upcoming invoices for this subscription.", code="invoice_upcoming_none")
        return pending
    for item, end in zip(subscription["items"]["data"], was, strict=False):
        recurring, anchor = item["price"]["recurring"], subscription["billing_cycle_anchor"]
        item["current_period_start"] = end
        item["current_period_end"] = next_boundary(anchor, recurring, end)
    return [*pending, *period_lines(state, subscription)]


def update_invoice(call: Call) -> Obj:
    """POST /v1/invoices/:id."""
    invoice = call.state.get("invoice", call.id)
    before = deepcopy(invoice)
    for key in ("description", "default_payment_method", "auto_advance"):
        if key in call.params:
            invoice[key] = call.params[key] if call.params[key] != "" else None
    invoice["metadata"] = merge_metadata(invoice, call.params.get("metadata"))
    if invoice != before:
        call.state.emit("invoice.updated", invoice, before=before)
    return invoice


def create_portal(call: Call) -> Obj:
    """POST /v1/billing_portal/sessions."""
    state, params = call.state, call.params
    if "customer" not in params:
        fail("Missing required param: customer.", param="customer", code="parameter_missing")
    state.given("customer", params["customer"], "customer")
    flow = params.get("flow_data")
    number = state.counts.get("billing_portal.session", 0) + 1
    session = create(
        state,
        "billing_portal.session",
        configuration=params.get("configuration", "bpc_1Fake0000000000000000001"),
        customer=params["customer"],
        flow=build_flow(flow) if flow else None,
        return_url=params.get("return_url"),
        url=f"https://billing.stripe.com/p/session/test_fake{number:04d}",
    )
    state.emit("billing_portal.session.created", session)
    return session


def build_flow(given: Obj) -> Obj:
    """Return what a portal session says of the flow it goes straight to."""
    done = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    absent = dict.fromkeys(
        ("subscription_cancel", "subscription_update", "subscription_update_confirm")
    )
    return {**absent, "after_completion": done, **given}


def list_items(call: Call) -> Obj:
    """GET /v1/subscription_items of a subscription."""
    subscription = call.state.given("subscription", call.params["subscription"], "subscription")
    return listed(list(reversed(subscription["items"]["data"])), call.params, call.path)
