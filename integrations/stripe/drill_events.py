"""Let Stripe send every event that the default handlers understand; say what comes of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.core.drills import Delivered, Notes
from integrations.core.webhook_store import Event
from integrations.core.workbook import Mock
from integrations.stripe.checkout import Line
from integrations.stripe.events import EVENTS
from integrations.stripe.handlers import default_handlers
from integrations.stripe.lifecycle import Stage
from integrations.stripe.money import Money
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.store import MemoryStore
from integrations.stripe.webhooks import webhook_pipeline

_KINDS: tuple[type[Payment | Subscription | Customer], ...] = (Payment, Subscription, Customer)
_PRICE = Money.parse("20.00", "usd")
_SITE = "https://app.example.com"

Steps = Iterator[object]
"""What happens, one thing after the other."""


def deliver(lab: Mock) -> Mapping[str, Delivered]:
    """Play what makes Stripe send each of the events; deliver after each step."""
    pipeline, store = webhook_pipeline(lab.client.settings, clock=lab.clock), MemoryStore()
    default_handlers(pipeline, store, on_fulfil=lambda _: None, clock=lab.clock)
    pipeline.on(*EVENTS)(_teller(store))
    notes = Notes(pipeline)
    for scene in (_checkout, _debits, _intents, _money_back, _trial, _renewal, _unfinished):
        for _ in scene(lab):
            lab.fake.webhooks.deliver(notes.receive)
    return notes.found


def _session(lab: Mock) -> Any:
    product = lab.client.products.create("A mug")
    price = lab.client.prices.create(product.id, _PRICE)
    site = {"success_url": f"{_SITE}/thanks", "cancel_url": f"{_SITE}/cart"}
    return lab.client.checkout.create("payment", [Line(price.id)], **site)


def _checkout(lab: Mock) -> Steps:
    yield lab.fake.buyer.abandon(_session(lab))
    page = _session(lab)
    yield lab.fake.buyer.pay(page, card="pm_card_chargeDeclined")
    yield lab.fake.buyer.pay(page)


def _debits(lab: Mock) -> Steps:
    for arrives in (True, False):
        page = _session(lab)
        yield lab.fake.buyer.pay(page, card="pm_usBankAccount")
        yield lab.fake.buyer.settle(page, succeeds=arrives)


def _intents(lab: Mock) -> Steps:
    intent = lab.client.payment_intents.create(_PRICE)
    yield lab.client.payment_intents.cancel(intent.id)


def _money_back(lab: Mock) -> Steps:
    page = _session(lab)
    yield lab.fake.buyer.pay(page)
    intent = lab.client.payment_intents.get(lab.client.checkout.get(page.id).payment_intent)
    yield lab.client.refunds.create(intent.id, amount=Money.parse("5.00", "usd"))
    refund = lab.fake.state.all("refund")[0]
    # A bank's reference comes days later; the fake has no bank, so the object is sent as it is.
    yield lab.fake.state.emit("refund.updated", refund)
    yield lab.fake.buyer.refuse_refund(refund)
    dispute = lab.fake.buyer.dispute(intent.latest_charge)
    yield dispute
    yield lab.client._calls.v1.disputes.update(
        dispute, {"evidence": {"product_description": "A mug"}}
    )
    yield lab.fake.buyer.decide(dispute, won=True)


def _begun(lab: Mock, **given: Any) -> Stage:
    start = int(lab.clock.time())
    clock = lab.client.clocks.create(start)
    customer = lab.client.customers.create(payment_method="pm_card_visa", test_clock=clock.id)
    product = lab.client.products.create("A plan")
    price = lab.client.prices.create(product.id, _PRICE, interval="month")
    subscription = lab.client.subscriptions.create(customer.id, price.id, **given)
    return Stage(lab.client, lab.fake, clock.id, start, customer.id, subscription.id)


def _trial(lab: Mock) -> Steps:
    stage = _begun(lab, trial_days=7)
    subscriptions = lab.client._calls.v1.subscriptions
    yield stage
    stage.wait_until(5)
    yield stage
    yield subscriptions.pause(stage.subscription_id)
    yield subscriptions.resume(stage.subscription_id)
    yield lab.client.customers.update(stage.customer_id, name="Alex")
    yield lab.client.subscriptions.cancel(stage.subscription_id, at_period_end=False)
    yield lab.client.customers.delete(stage.customer_id)


def _renewal(lab: Mock) -> Steps:
    for card in ("pm_card_chargeCustomerFail", "pm_card_authenticationRequiredOnSetup"):
        stage = _begun(lab)
        yield stage
        stage.use(card)
        stage.wait_until(32)
        yield stage


def _unfinished(lab: Mock) -> Steps:
    stage = _begun(lab)
    yield stage
    [invoice] = lab.fake.state.where("invoice", customer=stage.customer_id)
    # Stripe needs a tax address for it, which the fake knows nothing of.
    yield lab.fake.state.emit(
        "invoice.finalization_failed", {**invoice, "id": "in_draft", "status": "draft"}
    )


def _teller(store: MemoryStore) -> Callable[[Event], str]:
    """Return a handler that says which records an event has changed, and to what."""
    known: dict[str, str] = {}

    def tell(_: Event) -> str:
        now = {each.id: _said(each) for kind in _KINDS for each in store.all(kind)}
        changed = [text for id, text in now.items() if known.get(id) != text]
        known.clear()
        known.update(now)
        return ", ".join(dict.fromkeys(changed))

    return tell


def _said(record: Payment | Subscription | Customer) -> str:
    if isinstance(record, Customer):
        return "customer: deleted" if record.deleted else "customer: known"
    more = getattr(record, "attention", "") or ("handed over" if _handed_over(record) else "")
    return f"{type(record).__name__.lower()}: {record.status}{f' ({more})' if more else ''}"


def _handed_over(record: Payment | Subscription) -> bool:
    return isinstance(record, Payment) and record.fulfilled
