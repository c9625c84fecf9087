"""Two months of a subscription in a second: played on a test clock, then drawn."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.outgoing import Delivery
from integrations.core.plot import timeline
from integrations.core.views import Html
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
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


def moments(deliveries: Iterable[Delivery]) -> list[Moment]:
    """Return (Unix time, subscription or invoice, what happened) of the events worth drawing."""
    found = []
    for each in deliveries:
        event = json.loads(each.body)
        about = event["data"]["object"]
        if about["object"] in _KINDS and each.event not in _LEFT_OUT:
            word = each.event.rpartition(".")[2]
            found.append((event["created"], about["object"], f"{word} · {_state(about)}"))
    return found


def drawn(deliveries: Iterable[Delivery], *, title: str = "") -> Html:
    """Draw what happened to subscriptions and invoices; wide, so a phone scrolls it sideways."""
    svg = timeline(moments(deliveries), title=title).html
    return Html(f'<div style="overflow-x:auto"><div style="min-width:35em">{svg}</div></div>')


def life(story: str) -> Html:
    """Draw a story of :data:`STORIES`, as it was played on the fake."""
    return drawn(play(story), title=story[0].upper() + story[1:])


def chooser() -> Any:
    """Return the widget: pick a story. It needs a kernel; :func:`life` draws the same without."""
    import ipywidgets as widgets

    story = widgets.Dropdown(options=list(STORIES), description="Renewal")
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


def _state(about: dict[str, Any]) -> str:
    """Write how an object stands: a subscription's status, an invoice's amount or next try."""
    if about["object"] == "subscription":
        resting = " (collection paused)" if about["pause_collection"] else ""
        leaving = " (until the period ends)" if about["cancel_at_period_end"] else ""
        return f"{about['status']}{resting or (leaving if about['status'] == 'active' else '')}"
    if about["status"] == "open" and about["attempt_count"]:
        return f"attempt {about['attempt_count']}"
    return str(Money(about["total"], about["currency"]))
