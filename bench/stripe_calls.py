"""Stripe: our call against the raw SDK's."""

from collections.abc import Callable

import stripe as stripe_sdk

from integrations.stripe.client import StripeClient

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
