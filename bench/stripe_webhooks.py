"""Verification of Stripe's webhooks, against the SDK's own: ``python bench/stripe_webhooks.py``."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import stripe as stripe_sdk

sys.path.insert(0, str(Path(__file__).parents[1]))

from integrations.core.config import Secret
from integrations.core.webhooks import Incoming
from integrations.stripe.fake_objects import build
from integrations.stripe.signatures import API_VERSION, StripeWebhooks

SECRET = "whsec_benchsecret0001"  # noqa: S105  # a made-up one
WANTED = 20.0


def body(size: int) -> bytes:
    """Return a subscription's event of about ``size`` bytes: as many items as it takes."""
    subscription = build("subscription", id="sub_1", customer="cus_1", status="active", created=1)
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": subscription},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "customer.subscription.updated",
    }
    items = subscription["items"]["data"]
    while len(json.dumps(event)) < size - 400:
        price = build("price", id=f"price_{len(items)}", unit_amount=1999, currency="usd")
        items.append(build("subscription_item", id=f"si_{len(items)}", price=price, quantity=1))
    subscription["metadata"]["note"] = ""
    subscription["metadata"]["note"] = "x" * max(0, size - len(json.dumps(event)))
    return json.dumps(event).encode()


def per_call(run: Callable[[], object], times: int) -> float:
    """Return the seconds of this process's CPU that a call takes, on average; neither waits."""
    start = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - start) / times


def compare(size: int, rounds: int = 9) -> tuple[float, float, float]:
    """Return our verifications a second, the SDK's, and the median ratio, measured in turn."""
    raw, now = body(size), time.time()
    header = stripe_sdk.WebhookSignature.generate_signature_header(raw.decode(), SECRET)
    headers = {"Stripe-Signature": header}
    scheme = StripeWebhooks([Secret(SECRET)])
    client = stripe_sdk.StripeClient("sk_test_bench")

    def ours() -> object:
        return scheme.verify(Incoming(raw, headers, now))

    def theirs() -> object:
        return client.construct_event(raw, header, SECRET)

    ours(), theirs()
    pairs = [(per_call(ours, 200), per_call(theirs, 10)) for _ in range(rounds)]
    ratio = statistics.median(theirs_s / ours_s for ours_s, theirs_s in pairs)
    first, second = (1 / statistics.median(column) for column in zip(*pairs, strict=True))
    return first, second, ratio


def main() -> None:
    """Print one row a size; fail if we are not fast enough at 4 KB."""
    print(f"{'a webhook of Stripe':<24}{'ours/s':>10}{'SDK/s':>10}{'times':>8}")
    for size in (1024, 4096, 51200):
        ours, theirs, ratio = compare(size)
        print(f"{f'verify {len(body(size))} bytes':<24}{ours:10.0f}{theirs:10.0f}{ratio:8.1f}")
        assert size != 4096 or ratio >= WANTED, f"{ratio:.1f} times, not {WANTED}"


if __name__ == "__main__":
    main()
