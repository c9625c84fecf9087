"""The way in for Stripe's webhooks."""

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.webhook_store import EventStore
from integrations.core.webhooks import WebhookPipeline
from integrations.stripe.settings import StripeSettings
from integrations.stripe.signatures import StripeWebhooks


def webhook_pipeline(
    settings: StripeSettings, *, store: EventStore | None = None, clock: Clock = SYSTEM_CLOCK
) -> WebhookPipeline:
    """Return the pipeline that receives Stripe's webhooks.

    Register handlers with ``@pipeline.on("invoice.paid")``, or the ready ones with
    :func:`~integrations.stripe.handlers.default_handlers`, and answer each request with
    ``pipeline.receive(raw_body, headers).status``.

    Raises:
        ConfigurationError: ``STRIPE_WEBHOOK_SECRET`` is not set.
    """
    scheme = StripeWebhooks(settings.webhook_secrets, livemode=settings.livemode)
    return WebhookPipeline(scheme, store=store, clock=clock)
