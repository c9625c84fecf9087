"""Every public door of the client and the shortcuts, and a good value for each argument."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integrations.stripe import shortcuts
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import SITE


@dataclass
class User:
    id: object = 7
    email: str = "alex@example.com"
    name: str = "Alex"


GOOD: dict[str, Any] = {
    "amount": Money(500, "eur"),
    "at_period_end": True,
    "cancel_url": f"{SITE}/cart",
    "clock_id": "clock_1",
    "customer_id": "cus_1",
    "frozen_time": 1_767_603_600,
    "invoice_id": "in_1",
    "lines": [Line("price_1")],
    "mode": "payment",
    "name": "Team",
    "payment": "pi_1",
    "payment_intent_id": "pi_1",
    "payment_method": "pm_card_visa",
    "price_id": "price_1",
    "product_id": "prod_1",
    "quantity": 2,
    "reference": "order-42",
    "return_url": f"{SITE}/back",
    "session_id": "cs_test_1",
    "setup_intent_id": "seti_1",
    "subscription": "sub_1",
    "subscription_id": "sub_1",
    "success_url": f"{SITE}/ok",
    "unit_amount": Money(500, "eur"),
    "user": User(),
    "user_id": "user-7",
}
# What an argument goes together with, where it is not required.
TOGETHER: dict[str, dict[str, Any]] = {
    "checkout.create": {"lines": GOOD["lines"], "success_url": GOOD["success_url"]},
    "checkout.create(return_url)": {"lines": GOOD["lines"]},
    "customers.update(customer_id)": {"name": "Alex"},
    "customers.update(idempotency_key)": {"name": "Alex"},
    "prices.create(interval_count)": {"interval": "month"},
}
# These take what a web server received, and answer 400: see test_signatures.py.
NO_DOOR = ("default_client", "default_pipeline", "default_records", "handle_webhook_event")


@dataclass(frozen=True)
class Door:
    """One argument of one call."""

    call: str
    argument: str

    def __str__(self) -> str:
        return f"{self.call}({self.argument})"

    def put(self, client: StripeClient, value: Any) -> Any:
        """Make the call with ``value``, and good values beside it."""
        act = _found(self.call, client)
        given = dict(TOGETHER.get(str(self), TOGETHER.get(self.call, {})))
        for name, each in inspect.signature(act).parameters.items():
            if each.default is inspect.Parameter.empty:
                given[name] = GOOD[name]
        if self.call.startswith("shortcuts."):
            given["client"] = client
        return act(**{**given, self.argument: value})


def _found(call: str, client: StripeClient) -> Callable[..., Any]:
    group, _, name = call.partition(".")
    found: Callable[..., Any] = getattr(
        shortcuts if group == "shortcuts" else getattr(client, group), name
    )
    return found


def _calls(client: StripeClient) -> Iterator[str]:
    for group in StripeClient.__annotations__:
        for name, _ in inspect.getmembers(getattr(client, group), inspect.ismethod):
            if not name.startswith("_"):
                yield f"{group}.{name}"
    for name, found in vars(shortcuts).items():
        own = getattr(found, "__module__", "") == shortcuts.__name__ and not inspect.isclass(found)
        if own and callable(found) and not name.startswith("_") and name not in NO_DOOR:
            yield f"shortcuts.{name}"


def doors(client: StripeClient) -> list[Door]:
    """Return every argument of every public call."""
    return [
        Door(call, name)
        for call in _calls(client)
        for name in inspect.signature(_found(call, client)).parameters
        if name != "client"
    ]
