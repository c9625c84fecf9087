"""Changes of a subscription: plan, quantity, end, trial, collection; prorated to the second."""

from copy import deepcopy

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_invoices import collect, finalize, make_invoice, note
from integrations.stripe.fake_items import check_items, make_item, plan_of
from integrations.stripe.fake_lines import period_lines, proration_lines
from integrations.stripe.fake_objects import build, merge_metadata
from integrations.stripe.fake_periods import next_boundary
from integrations.stripe.fake_state import Obj, State, fail
from integrations.stripe.fake_status import ENDED
from integrations.stripe.fake_subscriptions import UNPLAYED, owned_method

_PLAIN = ("description", "payment_settings", "trial_settings", "collection_method")


def update_subscription(call: Call) -> Obj:
    """POST /v1/subscriptions/:id."""
    state = call.state
    subscription = state.get("subscription", call.id)
    if subscription["status"] in ENDED:
        _refuse_ended(call.params)
    before = deepcopy(subscription)
    apply(state, subscription, call.params)
    if subscription != before:
        state.emit("customer.subscription.updated", subscription, before=before)
    _collect(state, subscription, call.params, before)
    return subscription


def _refuse_ended(params: Obj) -> None:
    # Seen in the wild since 2024: https://github.com/fjordllc/bootcamp/issues/10390
    if not set(params) <= {"cancellation_details", "metadata"}:
        fail(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="invalid_canceled_subscription_fields",
        )


def apply(state: State, subscription: Obj, params: Obj) -> None:
    """Change a subscription; prorations wait for the next invoice."""
    refuse_unplayed(params, UNPLAYED)
    if "cancel_at" in params and "cancel_at_period_end" in params:
        fail("You cannot use both cancel_at and cancel_at_period_end.", param="cancel_at")
    customer = state.get("customer", subscription["customer"])
    method = owned_method(state, params, customer)
    if "items" in params:
        _change_items(state, subscription, params)
    for key in _PLAIN:
        if key in params:
            subscription[key] = params[key] if params[key] != "" else None
    if "default_payment_method" in params:
        subscription["default_payment_method"] = method
    subscription["metadata"] = merge_metadata(subscription, params.get("metadata"))
    _change_end(state, subscription, params)
    if params.get("trial_end") is not None:
        _change_trial(state, subscription, params["trial_end"])
    if "pause_collection" in params:
        subscription["pause_collection"] = _paused(state, subscription, params["pause_collection"])


def _paused(state: State, subscription: Obj, pause: Obj | str) -> Obj | None:
    if not isinstance(pause, dict):
        return None
    at = pause.get("resumes_at")
    if at is not None and at <= state.now(subscription):
        param = "pause_collection[resumes_at]"
        fail("Invalid timestamp: must be in the future.", param=param)
    return {"resumes_at": None, **pause}


def _change_end(state: State, subscription: Obj, params: Obj) -> None:
    end = max(item["current_period_end"] for item in subscription["items"]["data"])
    at: int | None = subscription["cancel_at"]
    if "cancel_at_period_end" in params:
        subscription["cancel_at_period_end"] = params["cancel_at_period_end"]
        at = end if params["cancel_at_period_end"] else None
    elif "cancel_at" in params:
        wanted = params["cancel_at"]
        at = None if wanted == "" else end if isinstance(wanted, str) else int(wanted)
        if at is not None and at <= state.now(subscription):
            fail("cancel_at must be in the future.", param="cancel_at")
        subscription["cancel_at_period_end"] = False
    else:
        subscription["cancellation_details"] |= params.get("cancellation_details") or {}
        return
    now = state.now(subscription)
    subscription |= {"cancel_at": at, "canceled_at": now if at else None}
    details = params.get("cancellation_details") or {}
    reason = "cancellation_requested" if at else None
    subscription["cancellation_details"] |= {"reason": reason, **details}


def _change_trial(state: State, subscription: Obj, wanted: int | str) -> None:
    now = state.now(subscription)
    end = now if wanted == "now" else int(wanted)
    if end < now:
        fail("Invalid timestamp: must be in the future.", param="trial_end")
    subscription |= {"trial_end": end, "billing_cycle_anchor": end}
    subscription["trial_start"] = subscription["trial_start"] or now
    note(state, subscription).pop("trial_warned", None)
    for item in subscription["items"]["data"]:
        item["current_period_end"] = end
    if end > now:
        subscription["status"] = "trialing"


def _change_items(state: State, subscription: Obj, params: Obj) -> None:
    old = deepcopy(subscription["items"]["data"])
    at = _proration_date(state, subscription, params, old[0])
    new = _edited(state, subscription, params["items"])
    resets = _interval(old[0]) != _interval(new[0]) and subscription["status"] != "trialing"
    if resets and params.get("billing_cycle_anchor") == "unchanged":
        fail("A changed interval moves the billing anchor.", param="billing_cycle_anchor")
    prorates = params.get("proration_behavior", "create_prorations") != "none"
    credits_only: list[Obj] = []
    lines = []
    if prorates and subscription["status"] in ("active", "past_due"):
        lines = proration_lines(state, old, credits_only if resets else new, at)
    subscription["items"]["data"] = new
    if resets:
        subscription["billing_cycle_anchor"] = at
        for item in new:
            end = next_boundary(at, item["price"]["recurring"], at)
            item |= {"current_period_start": at, "current_period_end": end}
        note(state, subscription)["reset"] = True
    _keep_pending(state, subscription, lines)


def _keep_pending(state: State, subscription: Obj, lines: list[Obj]) -> None:
    pending = note(state, subscription).setdefault("pending", [])
    for each in lines:
        item = build(
            "invoiceitem",
            id=state.new_id("invoiceitem"),
            amount=each["amount"],
            currency=each["currency"],
            customer=subscription["customer"],
            date=state.now(subscription),
            description=each["description"],
            discounts=[],
            metadata={},
            net_amount=each["amount"],
            parent={
                "subscription_details": {
                    "subscription": subscription["id"],
                    "subscription_item": None,
                },
                "type": "subscription_details",
            },
            period=dict(each["period"]),
            proration=True,
            quantity=each["quantity"],
            quantity_decimal=str(each["quantity"]),
            tax_rates=[],
        )
        each["parent"]["subscription_item_details"]["invoice_item"] = item["id"]
        state.emit("invoiceitem.created", state.add(item))
        pending.append(each)


def _interval(item: Obj) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _proration_date(state: State, subscription: Obj, params: Obj, item: Obj) -> int:
    now = state.now(subscription)
    at = int(params.get("proration_date", now))
    if not item["current_period_start"] <= at <= item["current_period_end"]:
        fail("The proration date must be within the current period.", param="proration_date")
    return at


def _edited(state: State, subscription: Obj, edits: list[Obj]) -> list[Obj]:
    items = {item["id"]: deepcopy(item) for item in subscription["items"]["data"]}
    first = next(iter(items.values()))
    period = (first["current_period_start"], first["current_period_end"])
    added = []
    for number, edit in enumerate(edits):
        if "id" not in edit:
            added.append(edit)
            continue
        if edit["id"] not in items:
            where = f"items[{number}][id]"
            fail(f"No such subscription item: '{edit['id']}'", param=where, code="resource_missing")
        if edit.get("deleted"):
            del items[edit["id"]]
        else:
            _edit(state, items[edit["id"]], edit)
    together = [{"price": i["price"]["id"], "quantity": i["quantity"]} for i in items.values()]
    checked = check_items(state, [*together, *added], subscription["currency"])
    fresh = checked[len(together) :]
    return [*items.values(), *(make_item(state, subscription, each, period) for each in fresh)]


def _edit(state: State, item: Obj, edit: Obj) -> None:
    if "price" in edit:
        item["price"] = deepcopy(state.given("price", edit["price"], "items[0][price]"))
        if item["price"]["type"] != "recurring":
            fail("The price specified must have `type=recurring`.", param="items[0][price]")
        item["plan"] = plan_of(item["price"])
        item["quantity"] = edit.get("quantity", item["quantity"])
    item["quantity"] = edit.get("quantity", item["quantity"])
    if item["quantity"] < 0:
        fail("This value must be greater than or equal to 0.", param="items[0][quantity]")
    item["metadata"] = merge_metadata(item, edit.get("metadata"))


def take_pending(state: State, subscription: Obj) -> list[Obj]:
    """Return the prorations that wait for an invoice, and wait no more."""
    pending: list[Obj] = note(state, subscription).pop("pending", [])
    return pending


def _collect(state: State, subscription: Obj, params: Obj, before: Obj) -> None:
    ended_trial = params.get("trial_end") == "now" and before["status"] == "trialing"
    if ended_trial:
        return  # the period's end is now: the timeline renews it
    reset = note(state, subscription).pop("reset", False)
    if not reset and params.get("proration_behavior") != "always_invoice":
        return
    lines = take_pending(state, subscription)
    lines += period_lines(state, subscription) if reset else []
    if lines:
        bill(state, subscription, lines, "subscription_update")


def bill(state: State, subscription: Obj, lines: list[Obj], reason: str) -> Obj:
    """Invoice ``lines`` now, and try to have them paid."""
    invoice = make_invoice(state, subscription, lines, reason)
    finalize(state, invoice)
    if invoice["status"] == "open":
        collect(state, invoice)
    return invoice


def settle_unused(state: State, subscription: Obj, params: Obj) -> None:
    """Credit what is unused when a subscription is canceled, and invoice it if that is wanted."""
    now = state.now(subscription)
    if params.get("prorate") and subscription["status"] == "active":
        credit = proration_lines(state, subscription["items"]["data"], [], now)
        _keep_pending(state, subscription, credit)
    if params.get("invoice_now"):
        lines = take_pending(state, subscription)
        if lines:
            bill(state, subscription, lines, "subscription_update")
