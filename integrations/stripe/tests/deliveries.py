"""Events as Stripe sends them, made to order: whole objects, signed by the SDK."""

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from stripe import WebhookSignature

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.config import Secret
from integrations.core.webhooks import Result, WebhookPipeline
from integrations.stripe.fake_objects import build
from integrations.stripe.handlers import default_handlers
from integrations.stripe.records import Payment, Subscription
from integrations.stripe.signatures import API_VERSION, StripeWebhooks
from integrations.stripe.store import MemoryStore

SECRET = "whsec_contractsecret0001"
NOW = int(EXAMPLE_TIME)
_numbers = itertools.count(1)


def event(type: str, obj: dict[str, Any], *, at: int = 0, **more: Any) -> dict[str, Any]:
    """Return an event of an object as it is now, made ``at`` seconds from the start."""
    data: dict[str, Any] = {"object": json.loads(json.dumps(obj))}
    if "before" in more:
        data["previous_attributes"] = more.pop("before")
    return {
        "id": f"evt_{next(_numbers):06d}",
        "object": "event",
        "api_version": API_VERSION,
        "created": NOW + at,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
        **more,
    }


def signed(
    body: bytes | dict[str, Any], *, secret: str = SECRET, at: float = NOW
) -> tuple[bytes, dict[str, str]]:
    """Return a body and its headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    header = WebhookSignature.generate_signature_header(raw.decode(), secret, timestamp=int(at))
    return raw, {"Stripe-Signature": header}


def pipeline(*secrets: str, livemode: bool | None = False) -> WebhookPipeline:
    scheme = StripeWebhooks([Secret(each) for each in secrets or (SECRET,)], livemode=livemode)
    return WebhookPipeline(scheme, clock=ManualClock())


class Shop:
    """A pipeline with the default handlers, and what they keep."""

    def __init__(self, **options: Any) -> None:
        self.hooks = pipeline()
        self.store = MemoryStore()
        self.fulfilled: list[Payment] = []
        options = {"on_fulfil": self.fulfilled.append, "clock": ManualClock(), **options}
        default_handlers(self.hooks, self.store, **options)

    def receive(self, *events: dict[str, Any]) -> list[Result]:
        return [self.hooks.receive(*signed(each)) for each in events]

    def payments(self) -> list[Payment]:
        return list(self.store.all(Payment))

    def payment(self) -> Payment:
        (one,) = self.payments()
        return one

    def subscription(self) -> Subscription:
        (one,) = self.store.all(Subscription)
        return one


def ends(orders: Iterable[Sequence[dict[str, Any]]], **options: Any) -> list[Shop]:
    """Return a shop for each order of arrival."""
    shops = []
    for order in orders:
        shops.append(Shop(**options))
        assert {result.status for result in shops[-1].receive(*order)} == {200}
    return shops


def subscription(**known: Any) -> dict[str, Any]:
    item = build(
        "subscription_item",
        id="si_1",
        price=build("price", id="price_basic"),
        quantity=1,
        current_period_end=NOW + 2_592_000,
    )
    base = {"id": "sub_1", "customer": "cus_1", "status": "incomplete", "created": NOW}
    items = {"object": "list", "data": [item], "has_more": False, "url": ""}
    return build("subscription", **{**base, "items": items, "metadata": {}, **known})


def session(**known: Any) -> dict[str, Any]:
    base = {
        "id": "cs_test_1",
        "mode": "payment",
        "payment_intent": "pi_1",
        "payment_status": "paid",
        "amount_total": 1999,
        "currency": "usd",
        "client_reference_id": "order-42",
        "customer": "cus_1",
        "metadata": {"cart": "7"},
    }
    return build("checkout.session", **{**base, **known})


def intent(**known: Any) -> dict[str, Any]:
    base = {
        "id": "pi_1",
        "amount": 1999,
        "amount_received": 1999,
        "currency": "usd",
        "customer": "cus_1",
        "metadata": {},
        "status": "succeeded",
    }
    return build("payment_intent", **{**base, **known})


def charge(refunded: int = 0, **known: Any) -> dict[str, Any]:
    base = {
        "id": "ch_1",
        "payment_intent": "pi_1",
        "amount": 1999,
        "amount_captured": 1999,
        "amount_refunded": refunded,
        "currency": "usd",
        "customer": "cus_1",
        "refunded": refunded == 1999,
        "captured": True,
    }
    return build("charge", **{**base, **known})


def refund(amount: int, status: str = "succeeded", **known: Any) -> dict[str, Any]:
    base = {"id": "re_1", "charge": "ch_1", "payment_intent": "pi_1", "currency": "usd"}
    return build("refund", **{**base, "amount": amount, "status": status, **known})


def dispute(status: str = "needs_response") -> dict[str, Any]:
    return build(
        "dispute",
        id="du_1",
        charge="ch_1",
        payment_intent="pi_1",
        amount=1999,
        currency="usd",
        status=status,
    )


def invoice(**known: Any) -> dict[str, Any]:
    base = {
        "id": "in_1",
        "created": NOW,
        "customer": "cus_1",
        "currency": "usd",
        "amount_paid": 1999,
        "metadata": {},
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": "sub_1", "metadata": {"plan": "basic"}},
        },
    }
    return build("invoice", **{**base, **known})


def invoice_payment(**known: Any) -> dict[str, Any]:
    payment = {"type": "payment_intent", "payment_intent": "pi_1"}
    return build("invoice_payment", id="inpay_1", invoice="in_1", payment=payment, **known)
