"""Links that leave in messages and redirects stay on your own site."""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError

_LOCAL = ("localhost", "127.0.0.1")


def site_link(
    argument: str,
    url: object,
    *,
    provider: str,
    mode: Mode,
    allowed_hosts: Collection[str],
    limit: int,
) -> str:
    """Return ``url`` if it is an https link to a configured host, of at most ``limit`` characters.

    http is taken for localhost, in mock and debug mode only.

    Raises:
        ConfigurationError: no host is configured.
        InvalidRequestError: naming ``argument`` and what is wrong with it.
    """
    if not allowed_hosts:
        raise ConfigurationError(
            "INTEGRATIONS_ALLOWED_HOSTS is missing: links in messages would be unchecked.",
            problems=["Set it to your own site's host, such as app.example.com."],
        )
    try:
        parts = _split(url, provider, limit)
        _check(parts, mode, allowed_hosts)
    except ValueError as wrong:
        raise InvalidRequestError(
            f"{argument}: {wrong}. Nothing was sent.", provider=provider, argument=argument
        ) from None
    return str(url)


def _check(parts: SplitResult, mode: Mode, allowed_hosts: Collection[str]) -> None:
    at = parts.netloc.lower().removesuffix(":443")
    local = parts.hostname in _LOCAL and mode in (Mode.MOCK, Mode.DEBUG)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise ValueError("must be an https link")
    if at not in allowed_hosts and not local:
        hosts = ", ".join(allowed_hosts)
        raise ValueError(f"leaves the site; INTEGRATIONS_ALLOWED_HOSTS has {hosts}")


def _split(url: object, provider: str, limit: int) -> SplitResult:
    if not isinstance(url, str) or not url:
        raise ValueError("must be a link, as a string")
    if len(url) > limit:
        most = f"{provider.title()} takes at most {limit} in a value"
        raise ValueError(f"has {len(url)} characters; {most}")
    # Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL Standard), so
    # what is checked here and what is opened there could differ.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("must be printable ASCII without spaces and backslashes; quote the rest")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is no link") from None
    if "@" in parts.netloc or port == 0:
        raise ValueError("must not carry a user name or an odd port")
    return parts
