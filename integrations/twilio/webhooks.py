"""The way in for Twilio's callbacks and inbound messages."""

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.webhook_store import EventStore
from integrations.core.webhooks import WebhookPipeline
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.signatures import TwilioSignatures


def webhook_pipeline(
    settings: TwilioSettings, *, store: EventStore | None = None, clock: Clock = SYSTEM_CLOCK
) -> WebhookPipeline:
    """Return the pipeline that receives what Twilio posts.

    Register handlers with ``@pipeline.on("message.delivered")`` or ``"inbound.message"``, and
    answer each request with ``pipeline.receive(raw_body, headers, target=path_and_query)``. To
    reply to an inbound message, answer with :func:`integrations.twilio.inbound.twiml`.

    Twilio asks again only when it cannot connect. For a second chance after a 5xx, end the URL that
    you give Twilio with ``#rc=3&rp=all``; a fragment is not signed.
    Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

    Raises:
        ConfigurationError: ``TWILIO_AUTH_TOKEN`` or ``TWILIO_PUBLIC_BASE_URL`` is not set.
    """
    scheme = TwilioSignatures(
        [settings.auth_token, settings.secondary_auth_token],
        public_base_url=settings.public_base_url,
        shared_keys=settings.shared_keys,
    )
    return WebhookPipeline(scheme, store=store, clock=clock)
