"""Links in messages stay on your own site."""

from integrations.core import links
from integrations.loops.arguments import MAX_VALUE
from integrations.loops.settings import LoopsSettings


def site_link(argument: str, url: object, settings: LoopsSettings) -> str:
    """Return ``url`` if it is an https link to a configured host, short enough for Loops.

    http is taken for localhost, in mock and debug mode only.

    Raises:
        ConfigurationError: no host is configured.
        InvalidRequestError: naming ``argument`` and what is wrong with it.
    """
    return links.site_link(
        argument,
        url,
        provider="loops",
        mode=settings.mode,
        allowed_hosts=settings.allowed_hosts,
        limit=MAX_VALUE,
    )


def next_link(argument: str, url: object, settings: LoopsSettings) -> str:
    """Return where to go on after logging in, as a full link.

    A path such as ``/projects`` is put on the first configured host.

    Raises:
        InvalidRequestError: it would leave the site.
    """
    if isinstance(url, str) and url.startswith("/") and not url.startswith(("//", "/\\")):
        host = settings.allowed_hosts[0] if settings.allowed_hosts else ""
        return site_link(argument, f"https://{host}{url}", settings)
    return site_link(argument, url, settings)
