"""Whatever is done to a subscription, in any order: the books balance."""

from contextlib import suppress
from typing import Any

import stripe as stripe_sdk
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.stripe.fake_state import Obj
from integrations.stripe.tests.fake_lab import DAY_S, Lab

STATUSES = {
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "paused",
}
CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 45 * DAY_S)),
        st.tuples(st.just("quantity"), st.integers(1, 5)),
        st.tuples(st.just("plan"), st.sampled_from(["monthly", "better", "yearly"])),
        st.tuples(st.just("bill"), st.sampled_from(["always_invoice", "none"])),
        st.tuples(st.just("card"), st.sampled_from(CARDS)),
        st.tuples(st.just("at_end"), st.booleans()),
        st.tuples(st.just("pause"), st.sampled_from(["", "void", "keep_as_draft"])),
        st.tuples(st.just("authenticate"), st.booleans()),
        st.tuples(st.just("cancel"), st.booleans()),
    ),
    max_size=8,
)


def act(lab: Lab, customer: str, id: str, step: tuple[str, Any]) -> None:
    """Do one step."""
    name, value = step
    item = lab.fake.state.objects["subscription"][id]["items"]["data"][0]["id"]
    changes: dict[str, dict[str, Any]] = {
        "quantity": {"items": [{"id": item, "quantity": value}]},
        "plan": {"items": [{"id": item, "price": getattr(lab, str(value), "")}]},
        "bill": {"items": [{"id": item, "quantity": 2}], "proration_behavior": value},
        "at_end": {"cancel_at_period_end": value},
        "pause": {"pause_collection": {"behavior": value} if value else ""},
    }
    if name in changes:
        lab.api.subscriptions.update(id, params=changes[name])
    elif name == "wait":
        lab.clock.advance(value)
        lab.fake.deliveries()
    elif name == "card":
        lab.use(customer, value)
    elif name == "cancel":
        lab.api.subscriptions.cancel(id, params={"prorate": value, "invoice_now": value})
    else:
        for intent in list(lab.fake.state.where("payment_intent", status="requires_action")):
            lab.fake.buyer.authenticate(intent, succeeds=value)


def check_books(state: Any, customer: Obj) -> None:
    """Check that money was neither made nor lost."""
    taken = sum(c["amount_captured"] for c in state.where("charge", paid=True))
    paid = sum(i["amount_paid"] for i in state.all("invoice"))
    assert taken == paid
    for invoice in state.all("invoice"):
        assert invoice["total"] == sum(line["amount"] for line in invoice["lines"]["data"])
        assert invoice["amount_paid"] + invoice["amount_remaining"] == invoice["amount_due"]
        assert (invoice["status"] == "paid") <= (invoice["amount_remaining"] == 0)
    final = [i for i in state.all("invoice") if i["status"] not in ("draft", "void")]
    credited = sum(i["total"] - i["amount_due"] for i in final)
    assert customer["balance"] == credited


def check_events(state: Any, subscription: Obj) -> None:
    """Check that who follows the events knows how it ended."""
    about = [
        event["data"]["object"]
        for event in state.events
        if event["type"].startswith("customer.subscription.")
    ]
    assert about[-1]["status"] == subscription["status"]
    times = [event["created"] for event in state.events]
    assert times == sorted(times)
    ids = [event["id"] for event in state.events]
    assert len(set(ids)) == len(ids)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([0, 14]), steps)
def test_any_life_of_a_subscription_keeps_the_books(
    trial_days: int, life: list[tuple[str, Any]]
) -> None:
    lab = Lab()
    customer = lab.customer()
    trial = {"trial_period_days": trial_days} if trial_days else {}
    id = lab.subscribe(customer, lab.monthly, **trial).id
    for step in life:
        # Refusals are as good as anything: an ended subscription, a card that is declined.
        with suppress(stripe_sdk.InvalidRequestError, stripe_sdk.CardError):
            act(lab, customer, id, step)
        subscription = lab.fake.state.objects["subscription"][id]
        assert subscription["status"] in STATUSES
        item = subscription["items"]["data"][0]
        assert item["current_period_start"] < item["current_period_end"]
        check_books(lab.fake.state, lab.fake.state.objects["customer"][customer])
        check_events(lab.fake.state, subscription)
