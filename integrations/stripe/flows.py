"""What happens when a buyer pays with a test card: played on the fake, then drawn."""

from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.views import Html, sequence
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.fake_buyer import Outcome
from integrations.stripe.fake_cards import CARDS, Card, token_of
from integrations.stripe.money import Money

CHOICES = {
    "pays": "pm_card_visa",
    "declined: insufficient funds": "pm_card_chargeDeclinedInsufficientFunds",
    "declined: stolen": "pm_card_chargeDeclinedStolenCard",
    "asks for 3D Secure": "pm_card_authenticationRequired",
    "is disputed later": "pm_card_createDispute",
}
"""Cards worth a look, by what they do."""

Steps = list[tuple[str, str, str]]


def play(card: str, *, authenticate: bool = True) -> tuple[Outcome, list[str]]:
    """Let a buyer pay at Checkout; return what they saw, and the events that the shop got."""
    clock = ManualClock()
    fake = FakeStripe(clock=clock)
    client = StripeClient.from_env({}, mode="mock", wire=fake, clock=clock)
    product = client.products.create("Notebook")
    price = client.prices.create(product.id, Money(1250, "eur"))
    fake.webhooks.deliver(_taken)
    session = client.checkout.create(
        "payment", [Line(price.id)], success_url="https://app.example.com/thanks"
    )
    outcome = fake.buyer.pay(session, card=card, authenticate=authenticate)
    return outcome, [each.event for each in fake.deliveries()]


def flow(card: str, *, authenticate: bool = True) -> Html:
    """Draw what happens between buyer, shop, Stripe and bank when this card pays.

    Args:
        card: a test card's token, such as ``pm_card_visa``.
        authenticate: whether the buyer passes a 3D Secure check, where the bank asks for one.
    """
    outcome, events = play(card, authenticate=authenticate)
    known = CARDS[token_of(card)]
    steps: Steps = [
        ("shop", "Stripe", "open a Checkout session"),
        ("shop", "buyer", "redirect to its page"),
        ("buyer", "Stripe", f"{known.brand} •••• {known.number[-4:]}"),
        *_bank(known, authenticate),
    ]
    if outcome.message:
        steps.append(("Stripe", "buyer", outcome.message))
    else:
        steps.append(("Stripe", "buyer", "back to success_url"))
    steps += [("Stripe", "shop", event) for event in events]
    return sequence(["buyer", "shop", "Stripe", "bank"], steps)


def chooser() -> Any:
    """Return the widget: pick a card. It needs a kernel; :func:`flow` draws the same without."""
    import ipywidgets as widgets

    card = widgets.Dropdown(options=list(CHOICES.items()), description="Card")
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        shown.value = flow(card.value).html

    card.observe(show, names="value")
    show()
    return widgets.VBox([card, shown])


def _bank(card: Card, authenticate: bool) -> Steps:
    steps: Steps = [("Stripe", "bank", "may I charge it?")]
    if card.asks != "never":
        steps += [("bank", "buyer", "3D Secure: is it you?")]
        steps += [("buyer", "bank", "yes" if authenticate else "no answer")]
        if not authenticate:
            return steps
    if card.decline:
        code, why = card.decline
        return [*steps, ("bank", "Stripe", f"no: {why or code}")]
    return [*steps, ("bank", "Stripe", "yes")]


class _Taken:
    status = 200


def _taken(_body: object, _headers: object) -> _Taken:
    return _Taken()
