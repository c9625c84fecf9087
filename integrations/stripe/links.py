"""Where a buyer is sent back to stays on your own site."""

from integrations.core import links
from integrations.stripe.settings import StripeSettings

MAX_URL = 5000


def site_link(argument: str, url: object, settings: StripeSettings) -> str:
    """Return ``url`` if it is an https link to a configured host.

    ``{CHECKOUT_SESSION_ID}`` in it is replaced by Stripe. http is taken for localhost, in mock and
    debug mode only.

    Raises:
        ConfigurationError: no host is configured.
        InvalidRequestError: naming ``argument`` and what is wrong with it.
    """
    return links.site_link(
        argument,
        url,
        provider="stripe",
        mode=settings.mode,
        allowed_hosts=settings.allowed_hosts,
        limit=MAX_URL,
    )
