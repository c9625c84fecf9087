"""Subscriptions through the client: which are listed, until when they are paid, how they pause."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from stripe.params import SubscriptionListParams

from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock
from integrations.stripe.client import StripeClient
from integrations.stripe.models import Customer
from integrations.stripe.models_billing import Subscription
from integrations.stripe.money import Money
from integrations.stripe.subscriptions import STATUSES
from integrations.stripe.tests import deliveries as made
from integrations.stripe.tests.client_lab import form

DAY = 86_400


@pytest.fixture
def subscription(stripe: StripeClient, payer: Customer) -> Subscription:
    product = stripe.products.create("Notebooks")
    price = stripe.prices.create(product.id, Money(1500, "eur"), interval="month")
    return stripe.subscriptions.create(payer.id, price.id)


def test_of_several_periods_the_first_end_counts_for_the_client_and_the_record_alike() -> None:
    raw = made.subscription()
    (monthly,) = raw["items"]["data"]
    yearly = {**monthly, "id": "si_2", "current_period_end": monthly["current_period_end"] * 2}
    for items in ([monthly, yearly], [yearly, monthly]):
        raw["items"]["data"] = items
        shop = made.Shop()
        shop.receive(made.event("customer.subscription.created", raw))
        read = Subscription.from_raw(raw)
        assert read.current_period_end == monthly["current_period_end"]
        assert shop.subscription().current_period_end == read.current_period_end


def test_ended_ones_are_listed_when_they_are_asked_for(
    lab: Mock, stripe: StripeClient, payer: Customer, subscription: Subscription
) -> None:
    ended = stripe.subscriptions.cancel(
        stripe.subscriptions.create(payer.id, subscription.items[0].price).id, at_period_end=False
    )
    lapsed = stripe.subscriptions.create(
        payer.id, subscription.items[0].price, wait_for_payment=True
    )
    stripe.clock.sleep(DAY)

    def found(status: str | None = None) -> set[str]:
        ids = {each.id for each in stripe.subscriptions.list(customer_id=payer.id, status=status)}
        query = parse_qs(urlsplit(lab.fake.requests[-1].url).query)
        assert query.get("status") == (status and [status])
        return ids

    assert found() == {subscription.id, lapsed.id}
    assert found("all") == {subscription.id, ended.id, lapsed.id}
    assert found("ended") == {ended.id, lapsed.id}
    assert found("canceled") == {ended.id}
    assert found("incomplete_expired") == {lapsed.id}
    assert found("active") == {subscription.id}


@pytest.mark.parametrize("status", ["", "cancelled", "gone", 7, ["all"]])
def test_a_status_that_stripe_does_not_know_is_refused(
    lab: Mock, stripe: StripeClient, status: Any
) -> None:
    sent = len(lab.fake.requests)
    with pytest.raises(InvalidRequestError, match=r"status: .* is not one of active, all, "):
        stripe.subscriptions.list(status=status)
    assert len(lab.fake.requests) == sent


def test_the_statuses_are_those_of_the_sdk() -> None:
    hint = str(SubscriptionListParams.__annotations__["status"])
    assert re.findall(r"'(\w+)'", hint) == list(STATUSES)


def told(lab: Mock, act: Any) -> list[str]:
    """Return the events about the subscription itself that ``act`` leads to."""
    before = len(lab.fake.state.events)
    act()
    every = [each["type"] for each in lab.fake.state.events[before:]]
    return [name.rpartition(".")[2] for name in every if name.startswith("customer.subscription")]


def test_a_pause_stops_collecting_and_is_told_as_an_update(
    lab: Mock, stripe: StripeClient, subscription: Subscription
) -> None:
    assert told(lab, lambda: stripe.subscriptions.pause(subscription.id)) == ["updated"]
    paused = stripe.subscriptions.get(subscription.id)
    assert (paused.status, paused.paused_collection, paused.gives_access) == ("active", True, True)
    assert told(lab, lambda: stripe.subscriptions.resume(subscription.id)) == ["updated"]
    assert not stripe.subscriptions.get(subscription.id).paused_collection


def test_a_suspension_stops_the_subscription_and_is_told_as_paused(
    lab: Mock, stripe: StripeClient, subscription: Subscription
) -> None:
    assert told(lab, lambda: stripe.subscriptions.suspend(subscription.id)) == ["paused"]
    asleep = stripe.subscriptions.get(subscription.id)
    assert (asleep.status, asleep.paused_collection, asleep.gives_access) == (
        "paused",
        False,
        False,
    )
    stripe.clock.sleep(90 * DAY)
    assert len(list(stripe.invoices.list(customer_id=asleep.customer))) == 1
    assert told(lab, lambda: stripe.subscriptions.resume(subscription.id)) == ["resumed"]
    awake = stripe.subscriptions.get(subscription.id)
    assert (awake.status, awake.items[0].current_period_start) == (
        "active",
        int(stripe.clock.time()),
    )


@pytest.mark.parametrize(("credit", "cost"), [(True, 0), (False, 1500)])
def test_what_is_unused_at_a_suspension_is_credited_unless_it_is_not_wanted(
    lab: Mock, stripe: StripeClient, subscription: Subscription, credit: bool, cost: int
) -> None:
    stripe.subscriptions.suspend(subscription.id, credit_unused=credit)
    assert form(lab.fake.requests[-1]) == {
        "type": "subscription",
        **({} if credit else {"bill_for[unused_time_from][type]": "none"}),
    }
    stripe.clock.sleep(90 * DAY)
    stripe.subscriptions.resume(subscription.id)
    newest = next(iter(stripe.invoices.list(customer_id=subscription.customer)))
    assert newest.total.amount == cost


def test_a_resumed_one_is_paid_for_at_once_or_stays_paused_until_it_is(
    lab: Mock, stripe: StripeClient, payer: Customer, subscription: Subscription
) -> None:
    stripe.subscriptions.suspend(subscription.id, credit_unused=False)
    bad = stripe.customers.attach_payment_method(payer.id, "pm_card_chargeCustomerFail")
    stripe.customers.update(payer.id, default_payment_method=bad.id)
    assert stripe.subscriptions.resume(subscription.id).status == "paused"
    assert form(lab.fake.requests[-1]) == {
        "billing_cycle_anchor[type]": "now",
        "payment_behavior": "resume_on_payment_success",
    }
    good = stripe.customers.attach_payment_method(payer.id, "pm_card_visa")
    stripe.customers.update(payer.id, default_payment_method=good.id)
    stripe.clock.sleep(4 * DAY)  # Stripe tries again
    assert stripe.subscriptions.get(subscription.id).status == "active"


def test_the_record_follows_a_suspension(lab: Mock, stripe: StripeClient) -> None:
    payer = stripe.customers.create(email="kim@example.com", payment_method="pm_card_visa")
    product = stripe.products.create("Notebooks")
    price = stripe.prices.create(product.id, Money(1500, "eur"), interval="month")
    found = stripe.subscriptions.create(payer.id, price.id)
    for act, status in (
        (stripe.subscriptions.suspend, "paused"),
        (stripe.subscriptions.resume, "active"),
    ):
        stripe.clock.sleep(1)
        act(found.id)
        shop = made.Shop()
        shop.receive(*lab.fake.state.events)
        assert shop.subscription().status == status


def test_one_that_is_suspended_or_over_cannot_be_suspended(
    stripe: StripeClient, subscription: Subscription
) -> None:
    stripe.subscriptions.suspend(subscription.id)
    with pytest.raises(InvalidRequestError, match="paused cannot be paused"):
        stripe.subscriptions.suspend(subscription.id)
    for wrong in ("", "cus_1 ", 7):
        with pytest.raises(InvalidRequestError, match="subscription_id"):
            stripe.subscriptions.suspend(wrong)  # type: ignore[arg-type]
