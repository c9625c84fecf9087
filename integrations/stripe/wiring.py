"""Which pieces stand on the wire in which mode."""

from urllib.parse import parse_qs

import stripe as stripe_sdk

from integrations.core.clock import Clock
from integrations.core.http import Network
from integrations.core.outbox import Outbox
from integrations.core.wire import RecipientGuard, Request, Wire
from integrations.core.wiring import wire_for
from integrations.stripe.settings import StripeSettings
from integrations.stripe.transport import WireHttpClient

# Where Stripe's forms name somebody who may get mail.
_ADDRESSES = ("email", "customer_email", "receipt_email", "customer_details[email]")


def open_sdk(
    settings: StripeSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> tuple[stripe_sdk.StripeClient, WireHttpClient]:
    """Return the SDK's client whose requests go where the mode says, and its HTTP client."""
    network = Network(settings.timeout)
    allowed = settings.sandbox_recipients
    chosen = wire_for(
        settings.mode,
        given=wire,
        network=network,
        outbox=outbox,
        clock=clock,
        rules=[RecipientGuard(_recipients, allowed, "STRIPE_SANDBOX_RECIPIENTS")],
    )
    http = WireHttpClient(chosen, mode=str(settings.mode), on_close=network.close)
    sdk = stripe_sdk.StripeClient(
        settings.api_key.reveal() or "sk_test_debug_mode_has_no_key",
        # One layer of retries, ours: it waits by the injected clock and repeats 429 too.
        max_network_retries=0,
        http_client=http,
        base_addresses={"api": settings.api_base},
    )
    return sdk, http


def _recipients(request: Request) -> list[str]:
    sent = parse_qs(request.body.decode())
    return [address for name in _ADDRESSES for address in sent.get(name, ())]
