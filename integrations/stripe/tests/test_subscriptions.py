"""Subscriptions through the client: which are listed, until when they are paid, how they pause."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from stripe.params import SubscriptionListParams

from integrations.core.config import Mode
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock, Workbook
from integrations.stripe.client import StripeClient
from integrations.stripe.models import Customer
from integrations.stripe.models_billing import Subscription
from integrations.stripe.money import Money
from integrations.stripe.subscriptions import STATUSES
from integrations.stripe.tests import deliveries as made

DAY = 86_400


@pytest.fixture
def lab() -> Mock:
    return Workbook(Mode.MOCK, {}).mock("stripe")


@pytest.fixture
def stripe(lab: Mock) -> StripeClient:
    found: StripeClient = lab.client
    return found


@pytest.fixture
def payer(stripe: StripeClient) -> Customer:
    return stripe.customers.create(email="alex@example.com", payment_method="pm_card_visa")


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
