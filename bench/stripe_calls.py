"""Stripe: our call against the raw SDK's, and our verification against the SDK's own."""

import json
from collections.abc import Callable

import stripe as stripe_sdk

from integrations.core.clock import ManualClock
from integrations.core.config import Secret
from integrations.core.webhooks import Incoming
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.signatures import StripeWebhooks

SECRET = "whsec_benchsecret00000001"  # noqa: S105  # a made-up one
Runs = tuple[Callable[[], object], Callable[[], object]]


def calls(url: str, count: int = 100) -> Runs:
    """Return our call and the raw SDK's, over loopback HTTP."""
    env = {"STRIPE_API_KEY": "sk_live_bench0000001", "STRIPE_API_BASE": url}
    kept = StripeClient.from_env(env, mode="live")
    raw = stripe_sdk.StripeClient("sk_live_bench0000001", base_addresses={"api": url})

    def ours() -> None:
        for _ in range(count):
            kept.customers.create(email="a@example.com")

    def theirs() -> None:
        for number in range(count):
            key: stripe_sdk.RequestOptions = {"idempotency_key": f"bench-{number}"}
            raw.v1.customers.create({"email": "a@example.com"}, key).to_dict()

    return ours, theirs


def verification(count: int = 100) -> Runs:
    """Return the SDK's ``construct_event`` and our verification, of a 4 KB event."""
    clock = ManualClock()
    fake = FakeStripe(clock=clock, webhook_secret=SECRET)
    fake.send_test_event()
    event = json.loads(fake.deliveries()[0].body)
    event["data"]["object"]["metadata"] = {f"key{n}": "x" * 80 for n in range(30)}
    body = json.dumps(event).encode()
    headers = fake.webhooks.sign(body, at=clock.time())
    scheme = StripeWebhooks([Secret(SECRET)], livemode=False)
    sdk = stripe_sdk.StripeClient("sk_test_bench0000001")

    def ours() -> None:
        for _ in range(count):
            scheme.verify(Incoming(body, headers, clock.time()))

    def theirs() -> None:
        for _ in range(count):
            sdk.construct_event(body, headers["stripe-signature"], SECRET, tolerance=10**9)

    return theirs, ours
