"""A fake Stripe, the SDK on it, and what the tests of the fake often need."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe as stripe_sdk

from integrations.core.clock import ManualClock
from integrations.stripe.fake import MOCK_API_KEY, FakeStripe
from integrations.stripe.tests.sdk import sdk

RETURN = "https://shop.example/return"
DAY_S = 86400


@dataclass
class Lab:
    """A fake with a catalog of two plans and a book."""

    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.fake = FakeStripe(clock=self.clock)
        self.api: Any = sdk(self.fake, MOCK_API_KEY).v1
        product = self.api.products.create(params={"name": "Pro"})
        self.product = product.id
        self.monthly = self.price(1500, recurring={"interval": "month"})
        self.better = self.price(4500, recurring={"interval": "month"})
        self.yearly = self.price(12000, recurring={"interval": "year"})
        self.book = self.price(2000)

    def price(self, amount: int, **more: Any) -> str:
        given = {"product": self.product, "currency": "usd", "unit_amount": amount, **more}
        return str(self.api.prices.create(params=given).id)

    def customer(self, card: str = "pm_card_visa", **more: Any) -> str:
        made = self.api.customers.create(params={"email": "kim@example.com", **more})
        if card:
            self.use(made.id, card)
        return str(made.id)

    def use(self, customer: str, card: str) -> str:
        method = self.api.payment_methods.attach(card, params={"customer": customer})
        settings = {"invoice_settings": {"default_payment_method": method.id}}
        self.api.customers.update(customer, params=settings)
        return str(method.id)

    def intent(self, card: str = "pm_card_visa", **more: Any) -> Any:
        given = {"amount": 2000, "currency": "usd", "payment_method": card, "confirm": True}
        return self.api.payment_intents.create(params={"return_url": RETURN, **given, **more})

    def session(self, price: str, mode: str = "payment", **more: Any) -> Any:
        lines = {"line_items": [{"price": price, "quantity": 1}]}
        given = {"mode": mode, "success_url": RETURN, **lines, **more}
        return self.api.checkout.sessions.create(params=given)

    def subscribe(self, customer: str, price: str, **more: Any) -> Any:
        given = {"customer": customer, "items": [{"price": price}], **more}
        return self.api.subscriptions.create(params=given)

    def mark(self) -> int:
        return len(self.fake.state.events)

    def happened(self, since: int = 0) -> list[str]:
        return [event["type"] for event in self.fake.state.events[since:]]


def refused(
    act: Any, *, param: str | None = None, code: str | None = None, status: int = 400
) -> stripe_sdk.StripeError:
    """Check that the call is refused, and return the error."""
    with pytest.raises(stripe_sdk.StripeError) as raised:
        act()
    error = raised.value
    assert error.http_status == status, str(error)
    assert param is None or getattr(error, "param", None) == param, str(error)
    assert code is None or error.code == code, str(error)
    return error
