"""Logging that cannot leak: only fields known to be harmless keep their value."""

import logging
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlsplit

REDACTED = "[redacted]"

# Everything else that reaches log_event is replaced: redaction by construction, not by pattern.
SAFE_FIELDS = frozenset(
    [
        "provider",
        "mode",
        "method",
        "path",
        "status",
        "attempt",
        "attempts",
        "wait_s",
        "outcome",
        "event_type",
        "event_id",
        "error",
        "request_id",
        "reason",
        "age_s",
        "size",
    ]
)
"""The fields whose values are logged."""

_SAFE_HEADERS = frozenset(
    [
        "content-type",
        "content-length",
        "accept",
        "host",
        "user-agent",
        "idempotency-key",
        "retry-after",
        "date",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "webhook-id",
        "webhook-timestamp",
        "stripe-version",
        "request-id",
        # Of S3: digests of what is stored, in its listings too, and none of them is a key.
        "etag",
        "last-modified",
        "x-amz-checksum-crc32",
        "x-amz-content-sha256",
        "x-amz-date",
    ]
)


def get_logger(provider: str) -> logging.Logger:
    """Return the logger ``integrations.<provider>``."""
    root = logging.getLogger("integrations")
    if not root.handlers:
        # A library is quiet until its user configures logging (docs.python.org, logging HOWTO).
        root.addHandler(logging.NullHandler())
    return root.getChild(provider)


def log_event(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Log ``event`` with ``fields`` in the text, and those in :data:`SAFE_FIELDS` as ``extra=``.

    The value of a field whose name is not in :data:`SAFE_FIELDS` is replaced.
    """
    if not logger.isEnabledFor(level):
        return
    safe = {name: value if name in SAFE_FIELDS else REDACTED for name, value in fields.items()}
    text = " ".join([event, *(f"{name}={_one_line(value)}" for name, value in safe.items())])
    # logging raises when extra= has a name of its own, such as ``message``; no safe field does.
    extra = {name: value for name, value in safe.items() if name in SAFE_FIELDS}
    logger.log(level, "%s", text, extra={"event": event, **extra}, stacklevel=2)


# What starts a new line in a terminal or a log viewer, or moves its cursor.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _one_line(value: object) -> str:
    """Return the text of a value with control characters escaped: nobody forges a log line."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], str(value))


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a copy in which only harmless headers keep their value."""
    return {
        name: value if name.lower() in _SAFE_HEADERS else REDACTED
        for name, value in headers.items()
    }


def redact_url(url: str) -> str:
    """Return the URL without its user info and with the query's values replaced.

    What is no URL is replaced as a whole: nobody can tell which part of it is the secret.
    """
    try:
        parts = urlsplit(url)
        # An unquoted "/" or "#" in a password ends the host early; then the port is no number.
        _ = parts.port
    except ValueError:
        return REDACTED
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(_redact_parameter(part) for part in parts.query.split("&") if part)
    return parts._replace(netloc=host, query=query, fragment="").geturl()


def _redact_parameter(part: str) -> str:
    # Without "=", the name itself is the value, as in "/login?TOKEN".
    name, given, _ = part.partition("=")
    return f"{quote(unquote_plus(name))}={REDACTED}" if given else REDACTED


# An apostrophe is part of the URL: httpx leaves it as it is in a query.
_URL = re.compile(r"https?://[^\s\"<>]+")


class UrlRedactingFilter(logging.Filter):
    """Replace the query of every URL in a record's arguments, or in its text without any.

    httpx logs each URL at INFO, and a contact look-up carries the address in its query.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place and keep it."""
        if not record.args:
            record.msg = _without_queries(record.msg)
        elif isinstance(record.args, tuple):
            record.args = tuple(_without_queries(arg) for arg in record.args)
        return True


def _without_queries(part: object) -> object:
    text = str(part)
    if text.startswith("/") and "?" in text:  # urllib3 logs the path apart from the host
        return redact_url(text)
    return _URL.sub(lambda found: redact_url(found[0]), text) if "://" in text else part


def redact_http_library_logs() -> None:
    """Install the filter on the loggers of httpx and urllib3, once."""
    for name in ("httpx", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, UrlRedactingFilter) for known in logger.filters):
            logger.addFilter(UrlRedactingFilter())
