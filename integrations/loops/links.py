"""Links in messages stay on your own site."""

from urllib.parse import SplitResult, urlsplit

from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError
from integrations.loops.arguments import MAX_VALUE, refuse
from integrations.loops.settings import LoopsSettings

_LOCAL = ("localhost", "127.0.0.1")


def site_link(argument: str, url: object, settings: LoopsSettings) -> str:
    """Return ``url`` if it is an https link to a configured host, short enough for Loops.

    http is taken for localhost, in mock and debug mode only.

    Raises:
        ConfigurationError: no host is configured.
        InvalidRequestError: naming ``argument`` and what is wrong with it.
    """
    if not settings.allowed_hosts:
        raise ConfigurationError(
            "INTEGRATIONS_ALLOWED_HOSTS is missing: links in messages would be unchecked.",
            problems=["Set it to your own site's host, such as app.example.com."],
        )
    parts = _split(argument, url)
    at = parts.netloc.lower().removesuffix(":443")
    local = parts.hostname in _LOCAL and settings.mode in (Mode.MOCK, Mode.DEBUG)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        refuse(argument, "must be an https link")
    if at not in settings.allowed_hosts and not local:
        hosts = ", ".join(settings.allowed_hosts)
        refuse(argument, f"leaves the site; INTEGRATIONS_ALLOWED_HOSTS has {hosts}")
    return str(url)


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


def _split(argument: str, url: object) -> SplitResult:
    if not isinstance(url, str) or not url:
        refuse(argument, "must be a link, as a string")
    if len(url) > MAX_VALUE:
        refuse(argument, f"has {len(url)} characters; Loops takes at most {MAX_VALUE} in a value")
    # Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL Standard), so
    # what is checked here and what is opened there could differ.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        refuse(argument, "must be printable ASCII without spaces and backslashes; quote the rest")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse(argument, "is no link")
    if "@" in parts.netloc or port == 0:
        refuse(argument, "must not carry a user name or an odd port")
    return parts
