"""The records, from all that the fake Stripe sends, in any order."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError
from integrations.core.outbox import Outbox
from integrations.core.webhooks import WebhookPipeline
from integrations.core.workbook import counted
from integrations.stripe.arrivals import arrival_chooser, arrivals
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.handlers import default_handlers
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.store import MemoryStore
from integrations.stripe.thin import fetch_event, fetch_related_object
from integrations.stripe.webhooks import webhook_pipeline

KEY, SECRET = "sk_test_lifeofapayment01", "whsec_lifeofapayment01"


class Lab:
    """A client on a fake, and the receiving side."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.fake = FakeStripe(clock=self.clock, api_key=KEY, webhook_secret=SECRET)
        self.client = StripeClient.from_env(
            {
                "STRIPE_API_KEY": KEY,
                "STRIPE_WEBHOOK_SECRET": SECRET,
                "INTEGRATIONS_ALLOWED_HOSTS": "shop.example",
            },
            mode="mock",
            wire=self.fake,
            clock=self.clock,
            new_id=counted(),
            outbox=Outbox(),
        )
        self.store, self.fulfilled = MemoryStore(), list[Payment]()

    def hooks(self, **options: Any) -> WebhookPipeline:
        hooks = webhook_pipeline(self.client.settings, clock=self.clock)
        options = {"on_fulfil": self.fulfilled.append, "clock": self.clock, **options}
        default_handlers(hooks, self.store, **options)
        return hooks

    def sdk(self) -> Any:
        return self.client._calls.v1

    def price(self, **more: Any) -> str:
        product = self.sdk().products.create({"name": "Notebook"})
        base = {"currency": "usd", "unit_amount": 1999, "product": product.id}
        return str(self.sdk().prices.create({**base, **more}).id)

    def session(self, mode: str, price: str, **more: Any) -> Any:
        return self.sdk().checkout.sessions.create(
            {
                "mode": mode,
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "https://shop.example/thanks",
                "client_reference_id": "order-42",
                **more,
            }
        )


def monthly(lab: Lab) -> str:
    return lab.price(recurring={"interval": "month"})


def bought() -> Lab:
    lab = Lab()
    session = lab.session("payment", lab.price())
    lab.fake.buyer.pay(session, card="pm_card_chargeDeclined")
    lab.fake.buyer.pay(session)
    intent = lab.sdk().checkout.sessions.retrieve(session.id).payment_intent
    lab.sdk().refunds.create({"payment_intent": intent, "amount": 500})
    return lab


def subscribed() -> Lab:
    lab = Lab()
    lab.fake.buyer.pay(lab.session("subscription", monthly(lab)))
    return lab


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_a_purchase_at_checkout_ends_in_one_payment(seed: int, copies: int) -> None:
    lab = bought()
    statuses = lab.fake.webhooks.deliver(lab.hooks().receive, shuffle=Random(seed), copies=copies)  # noqa: S311
    assert set(statuses) == {200}
    (kept,) = lab.store.all(Payment)
    assert (kept.id[:3], kept.status) == ("pi_", "partially_refunded")
    assert (str(kept.amount), str(kept.amount_refunded)) == ("19.99 USD", "5.00 USD")
    assert kept.reference == "order-42"
    assert (len(lab.fulfilled), kept.fulfilled) == (1, True)


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_a_subscription_from_checkout_ends_in_one_of_each(seed: int, copies: int) -> None:
    lab = subscribed()
    statuses = lab.fake.webhooks.deliver(lab.hooks().receive, shuffle=Random(seed), copies=copies)  # noqa: S311
    assert set(statuses) == {200}
    (kept,) = lab.store.all(Subscription)
    (payment,) = lab.store.all(Payment)
    assert (kept.status, kept.attention, kept.reference) == ("active", "", "order-42")
    assert (payment.subscription, payment.status, payment.id[:3]) == (kept.id, "paid", "pi_")
    assert len(lab.fulfilled) == 1


def test_a_bank_debit_is_fulfilled_when_it_arrives() -> None:
    lab = Lab()
    hooks = lab.hooks()
    session = lab.session("payment", lab.price())
    lab.fake.buyer.pay(session, card="pm_usBankAccount")
    lab.fake.webhooks.deliver(hooks.receive)
    (kept,) = lab.store.all(Payment)
    assert (kept.status, lab.fulfilled) == ("pending", [])
    lab.fake.buyer.settle(session)
    lab.fake.webhooks.deliver(hooks.receive)
    assert ([each.status for each in lab.store.all(Payment)], len(lab.fulfilled)) == (["paid"], 1)


def test_a_bank_debit_that_fails_is_never_fulfilled() -> None:
    lab = Lab()
    session = lab.session("payment", lab.price())
    lab.fake.buyer.pay(session, card="pm_usBankAccount")
    lab.fake.buyer.settle(session, succeeds=False)
    lab.fake.webhooks.deliver(lab.hooks().receive, shuffle=Random(3))  # noqa: S311
    assert [each.status for each in lab.store.all(Payment)] == ["failed"]
    assert lab.fulfilled == []


def test_a_deleted_customer_takes_subscriptions_along() -> None:
    lab = subscribed()
    (customer,) = lab.sdk().customers.list().data
    lab.sdk().customers.delete(customer.id)
    for seed in range(20):
        lab.store = MemoryStore()
        pending = lab.fake.deliveries()
        Random(seed).shuffle(pending)  # noqa: S311
        hooks = lab.hooks()
        assert {hooks.receive(each.body, each.headers).status for each in pending} == {200}
        assert [each.status for each in lab.store.all(Subscription)] == ["canceled"]
        assert [each.deleted for each in lab.store.all(Customer)] == [True]


def dunning() -> Lab:
    """Return a subscription that was paid once, and whose card then fails for good."""
    lab = Lab()
    sdk = lab.sdk()
    clock = sdk.test_helpers.test_clocks.create({"frozen_time": int(lab.clock.time())})
    customer = sdk.customers.create({"test_clock": clock.id, "email": "a@example.com"})
    for card in ("pm_card_visa", "pm_card_chargeCustomerFail"):
        method = sdk.payment_methods.attach(card, {"customer": customer.id})
        sdk.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": method.id}}
        )
        if card == "pm_card_visa":
            sdk.subscriptions.create({"customer": customer.id, "items": [{"price": monthly(lab)}]})
    later = int(lab.clock.time()) + 40 * 86400
    sdk.test_helpers.test_clocks.advance(clock.id, {"frozen_time": later})
    lab.clock.advance(60)
    return lab


def test_dunning_shows_whatever_the_order() -> None:
    lab = dunning()
    pending = lab.fake.deliveries()
    assert "invoice.payment_failed" in {each.event for each in pending}
    found = set()
    for seed in range(20):
        lab.store = MemoryStore()
        Random(seed).shuffle(pending)  # noqa: S311
        hooks = lab.hooks()
        assert {hooks.receive(each.body, each.headers).status for each in pending} == {200}
        (kept,) = lab.store.all(Subscription)
        found.add((kept.status, kept.attention))
        assert len([each for each in lab.store.all(Payment) if each.status == "paid"]) == 1
    assert found == {("past_due", "payment_failed")}


def test_the_notebooks_table_shows_each_step() -> None:
    lab = subscribed()
    told = [each for each in lab.fake.deliveries() if "paid" in each.event]
    table = arrivals(lab.client.settings, told, [1, 0, 0], clock=lab.clock).html
    assert table.count("<tr>") == 4
    assert table.count("duplicate") == 1
    assert "in_… paid" in table


def test_the_notebooks_widget_follows_its_fields() -> None:
    lab = subscribed()
    told = [each for each in lab.fake.deliveries() if "paid" in each.event]
    widget = arrival_chooser(lab.client.settings, told, clock=lab.clock)
    shown = widget.children[-1]
    assert "duplicate" not in shown.value
    widget.children[1].value = 0
    assert "duplicate" in shown.value


def test_a_thin_event_is_fetched_through_the_client() -> None:
    lab = bought()
    hooks, seen = lab.hooks(), list[Any]()
    hooks.on("v1.payment_intent.succeeded", "v1.charge.refunded")(seen.append)
    statuses = lab.fake.webhooks.deliver(hooks.receive, thin=True)
    assert set(statuses) == {200}
    assert seen
    related, whole = fetch_related_object(seen[0], lab.client), fetch_event(seen[0], lab.client)
    assert related is not None
    assert related["id"] == seen[0].payload["related_object"]["id"]
    assert (whole["id"], whole["object"]) == (seen[0].id, "v2.core.event")


@pytest.mark.parametrize("life", [bought, subscribed, dunning])
def test_thin_events_keep_the_same_records(life: Callable[[], Lab]) -> None:
    lab = life()
    lab.fake.webhooks.collect()
    for each in lab.fake.deliveries():
        lab.hooks().receive(each.body, each.headers)
    wanted, lab.store = lab.store, MemoryStore()
    told = lab.fake.deliveries(thin=True)
    for seed in range(5):
        lab.store, lab.fulfilled = MemoryStore(), []
        Random(seed).shuffle(told)  # noqa: S311
        hooks = lab.hooks(client=lab.client)
        for each in told:
            lab.clock.advance(0.1)
            assert hooks.receive(each.body, each.headers).status == 200
        for kind in (Payment, Subscription):
            assert list(map(str, lab.store.all(kind))) == list(map(str, wanted.all(kind)))


def test_what_is_fetched_later_is_newer_whatever_its_event_says() -> None:
    lab = subscribed()
    hooks, (subscription,) = lab.hooks(client=lab.client), lab.sdk().subscriptions.list().data
    told = [d for d in lab.fake.deliveries(thin=True) if "subscription" in d.event]
    lab.clock.advance(5)
    lab.sdk().subscriptions.update(subscription.id, {"metadata": {"team": "red"}})
    newer = [d for d in lab.fake.deliveries(thin=True) if "subscription.updated" in d.event]
    hooks.receive(newer[-1].body, newer[-1].headers)
    lab.clock.advance(5)
    lab.sdk().subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    hooks.receive(told[0].body, told[0].headers)
    (kept,) = lab.store.all(Subscription)
    assert (kept.cancel_at_period_end, kept.metadata) == (True, {"team": "red"})


def test_a_thin_event_of_a_deleted_customer_tells_that_it_is_gone() -> None:
    lab = subscribed()
    (customer,) = lab.sdk().customers.list().data
    lab.sdk().customers.delete(customer.id)
    told = [d for d in lab.fake.deliveries(thin=True) if d.event.startswith("v1.customer.")]
    hooks = lab.hooks(client=lab.client)
    assert {hooks.receive(d.body, d.headers).status for d in told} == {200}
    assert [each.deleted for each in lab.store.all(Customer)] == [True]


def test_what_cannot_be_fetched_is_refused() -> None:
    lab = bought()
    hooks, seen = lab.hooks(), list[Any]()
    hooks.on("*")(seen.append)
    lab.fake.webhooks.deliver(hooks.receive)
    with pytest.raises(InvalidRequestError, match="is a snapshot"):
        fetch_related_object(seen[0], lab.client)
    with pytest.raises(InvalidRequestError, match="is a snapshot"):
        fetch_event(seen[0], lab.client)


@pytest.mark.parametrize(
    "url", ["https://evil.example/v1/x", "//evil.example", "/v1/../keys", "/v3/x", "/v1/a?b=c"]
)
def test_a_thin_event_leads_nowhere_but_to_the_api(url: str) -> None:
    lab = bought()
    hooks, seen = lab.hooks(), list[Any]()
    hooks.on("*")(seen.append)
    lab.fake.webhooks.deliver(hooks.receive, thin=True)
    payload = {**seen[0].payload, "related_object": {"id": "x", "type": "x", "url": url}}
    sent = len(lab.fake.requests)
    with pytest.raises(InvalidRequestError, match="no path of the API"):
        fetch_related_object(replace(seen[0], payload=payload), lab.client)
    assert len(lab.fake.requests) == sent
