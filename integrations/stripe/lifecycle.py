"""The life of a subscription, for a notebook to show: its periods, its bills, what may happen."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.outgoing import Delivery
from integrations.core.plot import timeline
from integrations.core.views import Html, moment, rows
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.models import Raw
from integrations.stripe.models_billing import Invoice, Subscription
from integrations.stripe.money import Money

DAY_S = 86400
Moment = tuple[float, str, str]

_KINDS = ("subscription", "invoice")
# Each comes with another event that says more.
_LEFT_OUT = ("invoice.created", "invoice.finalized", "invoice.updated", "invoice.payment_succeeded")


@dataclass
class Stage:
    """A customer with a good card and a monthly plan, on a test clock of their own."""

    client: StripeClient
    fake: FakeStripe
    clock_id: str
    start: int
    customer_id: str
    subscription_id: str

    def wait_until(self, day: int) -> None:
        """Advance the clock to so many days after the beginning."""
        self.client.clocks.advance(self.clock_id, self.start + day * DAY_S)

    def use(self, card: str) -> None:
        """Let the customer pay by this test card from now on."""
        kept = self.client.customers.attach_payment_method(self.customer_id, card)
        self.client.customers.update(self.customer_id, default_payment_method=kept.id)


def _pays(stage: Stage) -> None:
    stage.wait_until(32)


def _declines(stage: Stage) -> None:
    stage.use("pm_card_chargeCustomerFail")
    stage.wait_until(32)


def _is_rescued(stage: Stage) -> None:
    stage.use("pm_card_chargeCustomerFail")
    stage.wait_until(35)
    stage.use("pm_card_visa")


def _is_asked(stage: Stage) -> None:
    stage.use("pm_card_authenticationRequiredOnSetup")
    stage.wait_until(32)
    [asked] = stage.fake.state.where("payment_intent", status="requires_action")
    stage.fake.buyer.authenticate(asked)


def _leaves(stage: Stage) -> None:
    stage.wait_until(10)
    stage.client.subscriptions.cancel(stage.subscription_id)


def _rests(stage: Stage) -> None:
    stage.wait_until(10)
    stage.client.subscriptions.pause(stage.subscription_id)
    stage.wait_until(40)
    stage.client.subscriptions.resume(stage.subscription_id)


STORIES: dict[str, Callable[[Stage], None]] = {
    "the card is declined, and stays so": _declines,
    "declined, then a new card": _is_rescued,
    "the bank asks for 3D Secure": _is_asked,
    "the card is good": _pays,
    "canceled at the period's end": _leaves,
    "paused for a month": _rests,
}
"""What may happen to a subscription around its first renewal, by name."""

LAST_DAY = 60


def play(story: str) -> list[Delivery]:
    """Play a story of :data:`STORIES` to its end; return the webhooks that Stripe sends.

    Raises:
        ValueError: there is no such story.
    """
    if story not in STORIES:
        raise ValueError(f"story: {story!r} is not one of {', '.join(STORIES)}")
    stage = _begin()
    STORIES[story](stage)
    stage.wait_until(LAST_DAY)
    return stage.fake.deliveries()


def moments(deliveries: Iterable[Delivery], *, customer_id: str | None = None) -> list[Moment]:
    """Return (Unix time, subscription or invoice, what happened) of the events worth drawing."""
    found = []
    for each in deliveries:
        event = json.loads(each.body)
        about = event["data"]["object"]
        if about["object"] not in _KINDS or each.event in _LEFT_OUT:
            continue
        if customer_id in (None, about["customer"]):
            word = each.event.rpartition(".")[2]
            before = event["data"].get("previous_attributes") or {}
            found.append((event["created"], about["object"], f"{word} · {_said(about, before)}"))
    return found


def drawn(
    deliveries: Iterable[Delivery], *, customer_id: str | None = None, title: str = ""
) -> Html:
    """Draw what happened to subscriptions and invoices; wide, so a phone scrolls it sideways.

    Args:
        deliveries: webhooks, such as ``fake.deliveries()``.
        customer_id: only of this customer.
        title: said above it.

    Raises:
        ValueError: nothing happened to any.
    """
    svg = timeline(moments(deliveries, customer_id=customer_id), title=title).html
    return Html(f'<div style="overflow-x:auto"><div style="min-width:28em">{svg}</div></div>')


def periods(subscription: Subscription) -> Html:
    """Return a table of the items, each with the period that is paid for."""
    return rows(
        ("price", "how many", "from", "until"),
        [
            (
                each.unit_amount,
                each.quantity,
                moment(each.current_period_start),
                moment(each.current_period_end),
            )
            for each in subscription.items
        ],
    )


def bill(invoice: Invoice, total: str = "Total") -> Html:
    """Return an invoice line by line, with what is due of it under the name ``total``."""
    found = [(each.description, each.amount) for each in invoice.lines]
    return rows(("line", "amount"), [*found, (total, invoice.amount_due)])


def bills(invoices: Iterable[Invoice]) -> Html:
    """Return a table of invoices, a line each."""
    return rows(
        ("made", "first line", "total", "status"),
        [
            (
                moment(each.raw["created"]),
                each.lines[0].description if each.lines else "",
                each.total,
                each.status,
            )
            for each in invoices
        ],
    )


def life(story: str) -> Html:
    """Draw a story of :data:`STORIES`, as it was played on the fake."""
    return drawn(play(story), title=story[0].upper() + story[1:])


def chooser() -> Any:
    """Return the widget: pick a story. It needs a kernel; :func:`life` draws the same without."""
    import ipywidgets as widgets

    story = widgets.Dropdown(options=list(STORIES), description="Renewal", layout={"width": "24em"})
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        shown.value = life(story.value).html

    story.observe(show, names="value")
    show()
    return widgets.VBox([story, shown])


def _begin() -> Stage:
    clock = ManualClock()
    fake = FakeStripe(clock=clock)
    client = StripeClient.from_env({}, mode="mock", wire=fake, clock=clock)
    product = client.products.create("Basic")
    price = client.prices.create(product.id, Money(1500, "eur"), interval="month")
    start = int(clock.time())
    test_clock = client.clocks.create(start)
    customer = client.customers.create(test_clock=test_clock.id)
    stage = Stage(client, fake, test_clock.id, start, customer.id, "")
    stage.use("pm_card_visa")
    stage.subscription_id = client.subscriptions.create(customer.id, price.id).id
    return stage


def _said(about: Raw, before: Raw) -> str:
    """Write what an event says: of an update, what has changed."""
    if about["object"] == "invoice":
        failed = about["status"] == "open" and about["attempt_count"]
        return f"attempt {failed}" if failed else str(Money(about["total"], about["currency"]))
    changed = [about["status"]] if "status" in before else []
    if "items" in before:
        changed.append(_items(about, before["items"]))
    if "pause_collection" in before:
        changed.append("collection paused" if about["pause_collection"] else "collected again")
    if "cancel_at_period_end" in before:
        changed.append("ends with its period" if about["cancel_at_period_end"] else "stays")
    return ", ".join(changed) or str(about["status"])


def _items(about: Raw, old: Raw) -> str:
    """Write how the first item has changed: its price or quantity, else its period."""
    item, was = about["items"]["data"][0], old["data"][0]
    if (item["price"]["id"], item["quantity"]) == (was["price"]["id"], was["quantity"]):
        return "a new period"
    return f"now {item['quantity']} x {Money(item['price']['unit_amount'], about['currency'])}"
