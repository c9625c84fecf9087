"""For the notebook: choose in which order events arrive, and see what the records say."""

from collections.abc import Sequence
from typing import Any

from integrations.core.clock import Clock
from integrations.core.outgoing import Delivery
from integrations.core.views import Html, rows
from integrations.stripe.handlers import default_handlers
from integrations.stripe.records import Payment, Subscription
from integrations.stripe.settings import StripeSettings
from integrations.stripe.store import MemoryStore
from integrations.stripe.webhooks import webhook_pipeline

HEADERS = ("arrives", "outcome", "subscription", "payments", "fulfilled")


def arrivals(
    settings: StripeSettings, deliveries: Sequence[Delivery], order: Sequence[int], *, clock: Clock
) -> Html:
    """Deliver to an empty store in this order; return a table of the records after each step.

    Args:
        settings: whose secrets signed the deliveries.
        deliveries: what may arrive.
        order: indices of ``deliveries``; one that comes twice is delivered twice.
        clock: the receiver's.
    """
    hooks, store = webhook_pipeline(settings, clock=clock), MemoryStore()
    bought: list[str] = []
    default_handlers(hooks, store, on_fulfil=lambda p: bought.append(p.purchase), clock=clock)
    steps = []
    for index in order:
        each = deliveries[index]
        outcome = hooks.receive(each.body, each.headers).outcome
        steps.append((each.event, outcome, *_state(store), len(bought)))
    return rows(HEADERS, steps)


def _state(store: MemoryStore) -> tuple[str, str]:
    subscriptions = [
        each.status + (" · ends with the period" if each.cancel_at_period_end else "")
        for each in store.all(Subscription)
    ]
    payments = [f"{each.id[:3]}… {each.status}" for each in store.all(Payment)]
    return ", ".join(subscriptions) or "—", ", ".join(payments) or "—"


def arrival_chooser(
    settings: StripeSettings, deliveries: Sequence[Delivery], *, clock: Clock
) -> Any:
    """Return the widget. It needs a running kernel; :func:`arrivals` shows the same without."""
    import ipywidgets as widgets

    options = [(each.event, index) for index, each in enumerate(deliveries)]
    places = [
        widgets.Dropdown(options=options, value=index, description=f"Arrival {index + 1}")
        for index in range(len(deliveries))
    ]
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        order = [place.value for place in places]
        shown.value = arrivals(settings, deliveries, order, clock=clock).html

    for place in places:
        place.observe(show, names="value")
    show()
    return widgets.VBox([*places, shown])
