"""Subscriptions: start, cancel, list."""

from typing import Any

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_invoices import collect, finalize, make_invoice, note
from integrations.stripe.fake_items import check_items, make_items
from integrations.stripe.fake_lines import period_lines
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_objects import create, merge_metadata, page
from integrations.stripe.fake_periods import next_boundary
from integrations.stripe.fake_state import Obj, RefusedError, State, fail
from integrations.stripe.fake_status import ENDED, change, finish

DAY_S = 86400
# Parameters that the API takes and the fake would not honour.
UNPLAYED = (
    "application_fee_percent",
    "billing_thresholds",
    "transfer_data",
    "add_invoice_items",
    "discounts",
    "backdate_start_date",
    "billing_cycle_anchor_config",
)


def create_subscription(call: Call) -> Obj:
    """POST /v1/subscriptions."""
    state, params = call.state, call.params
    if "customer" not in params:
        fail("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = state.given("customer", params["customer"], "customer")
    method = owned_method(state, params, customer)
    trial = trial_end(state, customer, params)
    chosen = method or customer["invoice_settings"]["default_payment_method"]
    behavior = params.get("payment_behavior", "allow_incomplete")
    if not chosen and trial is None and behavior != "default_incomplete":
        fail(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting"
            "#payment-method-priority.",
            code="resource_missing",
        )
    subscription = start(state, customer, params, trial=trial, method=method)
    first_invoice(state, subscription, behavior)
    return subscription


def owned_method(state: State, params: Obj, customer: Obj) -> str | None:
    """Return the id of the given payment method, which must be the customer's."""
    wanted = params.get("default_payment_method")
    if not wanted:
        return None
    found = state.given("payment_method", wanted, "default_payment_method")
    if found["customer"] != customer["id"]:
        fail(
            f"The customer does not have a payment method with the ID {wanted}. The payment method "
            "must be attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    return str(found["id"])


def trial_end(state: State, customer: Obj, params: Obj) -> int | None:
    """Return when the wanted trial ends, or None."""
    now, days, end = state.now(customer), params.get("trial_period_days"), params.get("trial_end")
    if days is not None and end is not None:
        fail("You may only specify one of trial_end and trial_period_days.", param="trial_end")
    if days is not None:
        if not 0 <= days <= 730:
            fail("Invalid trial_period_days: must be from 0 to 730", param="trial_period_days")
        return now + days * DAY_S if days else None
    if end in (None, "now"):
        return None
    if end <= now:
        fail(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
        )
    return int(end)


def start(
    state: State, customer: Obj, params: Obj, *, trial: int | None, method: str | None
) -> Obj:
    """Make a subscription with its items, before its first invoice."""
    refuse_unplayed(params, UNPLAYED)
    wanted = check_items(state, params.get("items") or [])
    now = state.now(customer)
    subscription = create(
        state,
        "subscription",
        billing_cycle_anchor=trial or now,
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        cancel_at_period_end=params.get("cancel_at_period_end", False),
        cancellation_details=dict.fromkeys(("comment", "feedback", "reason")),
        collection_method=params.get("collection_method", "charge_automatically"),
        currency=wanted[0]["price"]["currency"],
        customer=customer["id"],
        default_payment_method=method,
        default_tax_rates=[],
        description=params.get("description"),
        metadata=merge_metadata({}, params.get("metadata")),
        payment_settings={
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
            **(params.get("payment_settings") or {}),
        },
        start_date=now,
        status="trialing" if trial else "incomplete",
        test_clock=customer["test_clock"],
        trial_end=trial,
        trial_start=now if trial else None,
        trial_settings=params.get("trial_settings")
        or {"end_behavior": {"missing_payment_method": "create_invoice"}},
    )
    customer["currency"] = customer["currency"] or subscription["currency"]
    end = trial or next_boundary(now, wanted[0]["price"]["recurring"], now)
    items = make_items(state, subscription, wanted, (now, end))
    subscription["items"] = page(items, f"/v1/subscription_items?subscription={subscription['id']}")
    return subscription


def first_invoice(state: State, subscription: Obj, behavior: str) -> None:
    """Make the first invoice and, unless it waits for the buyer, try to pay it.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: 402 with ``error_if_incomplete``, after which
            there is no subscription.
    """
    lines = period_lines(state, subscription, free=subscription["trial_end"] is not None)
    invoice = make_invoice(state, subscription, lines, "subscription_create")
    quiet = len(state.events), len(state.unsent)
    state.emit("customer.subscription.created", subscription)
    finalize(state, invoice)
    if invoice["status"] == "paid" or behavior == "default_incomplete":
        if invoice["amount_due"] == 0 and subscription["status"] == "incomplete":
            change(state, subscription, status="active")
        return
    error = collect(state, invoice)
    if behavior == "error_if_incomplete" and invoice["status"] != "paid":
        del state.events[quiet[0] :], state.unsent[quiet[1] :]
        del state.objects["subscription"][subscription["id"]]
        raise RefusedError(402, error or _asks())


def _asks() -> Obj:
    return {
        "code": "subscription_payment_intent_requires_action",
        "message": "Subscription creation failed because the payment requires an action.",
        "type": "card_error",
    }


def alive(state: State, id: str) -> Obj:
    """Return a subscription that has not ended."""
    subscription = state.get("subscription", id)
    if subscription["status"] in ENDED:
        fail(f"No such subscription: '{id}'", param="id", code="resource_missing", status=404)
    return subscription


def end_now(state: State, subscription: Obj, **details: Any) -> None:
    """Cancel at once; what is open of it is not retried any more."""
    finish(state, subscription, "cancellation_requested", **details)
    for invoice in list(state.where("invoice", customer=subscription["customer"], status="open")):
        if invoice["id"] == subscription["latest_invoice"]:
            note(state, invoice).pop("retry_at", None)
            invoice |= {"next_payment_attempt": None, "auto_advance": False}


def cancel_subscription(call: Call) -> Obj:
    """DELETE /v1/subscriptions/:id."""
    from integrations.stripe.fake_changes import settle_unused

    state, params = call.state, call.params
    subscription = alive(state, call.id)
    if params.get("prorate") or params.get("invoice_now"):
        settle_unused(state, subscription, params)
    details = params.get("cancellation_details") or {}
    end_now(state, subscription, **{k: v or None for k, v in details.items()})
    return subscription


def list_subscriptions(call: Call) -> Obj:
    """GET /v1/subscriptions."""
    params = call.params
    status = params.get("status")
    found = []
    for each in call.state.all("subscription"):
        if params.get("customer") not in (None, each["customer"]):
            continue
        prices = [item["price"]["id"] for item in each["items"]["data"]]
        if params.get("price") not in (None, *prices):
            continue
        ended = each["status"] in ENDED
        if (
            status == "all"
            or (status == "ended" and ended)
            or status == each["status"]
            or (status is None and each["status"] != "canceled")
        ):
            found.append(each)
    return listed(found, params, call.path)
