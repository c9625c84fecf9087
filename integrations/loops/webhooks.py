"""The way in for Loops' webhooks."""

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.webhook_store import EventStore
from integrations.core.webhooks import WebhookPipeline
from integrations.loops.settings import LoopsSettings
from integrations.loops.signatures import loops_webhooks


def webhook_pipeline(
    settings: LoopsSettings, *, store: EventStore | None = None, clock: Clock = SYSTEM_CLOCK
) -> WebhookPipeline:
    """Return the pipeline that receives Loops' webhooks.

    Register handlers with ``@pipeline.on("email.hardBounced")``, and answer each request with
    ``pipeline.receive(raw_body, headers).status``.

    Raises:
        ConfigurationError: ``LOOPS_SIGNING_SECRET`` is not set.
    """
    return WebhookPipeline(loops_webhooks(settings.signing_secrets), store=store, clock=clock)
