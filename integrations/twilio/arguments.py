"""What Twilio would refuse, refused here: with a name, and before anything is sent."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from integrations.twilio.phone import refuse

MAX_BODY = 1600
"""Characters in a body
(https://www.twilio.com/docs/messaging/api/message-resource, 2026-11)."""
MAX_MEDIA = 10
SCHEDULE_MIN = timedelta(minutes=15)
SCHEDULE_MAX = timedelta(days=35)
CHANNELS = ("sms", "call", "email", "whatsapp")

_SURROGATE = re.compile("[\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def text(argument: str, value: object, limit: int) -> str:
    """Return a text that is not empty, at most ``limit`` characters long, and fit for UTF-8."""
    if not isinstance(value, str):
        refuse(argument, f"must be text, not {type(value).__name__}")
    if not value.strip():
        refuse(argument, "must not be empty")
    if len(value) > limit:
        refuse(argument, f"has {len(value)} characters; Twilio takes at most {limit}")
    if _SURROGATE.search(value):
        refuse(argument, "holds half a character (a lone surrogate), which UTF-8 cannot carry")
    return value


def sid(argument: str, value: object, *prefixes: str) -> str:
    """Return a SID: one of the prefixes and 32 hexadecimal digits."""
    if not isinstance(value, str) or not re.fullmatch(
        rf"({'|'.join(prefixes)})[0-9a-fA-F]{{32}}", value
    ):
        refuse(argument, f"must be {' or '.join(prefixes)} and 32 hexadecimal digits")
    return value


def content(
    body: object, media_url: object, content_sid: object, variables: object
) -> dict[str, object]:
    """Return what a message says: a body, media, both, or a content template."""
    if content_sid is not None:
        if body is not None or media_url:
            refuse("content_sid", "stands in for body and media_url: give the one or the other")
        found: dict[str, object] = {"content_sid": sid("content_sid", content_sid, "HX")}
        if variables is not None:
            found["content_variables"] = _variables(variables)
        return found
    if variables is not None:
        refuse("content_variables", "belong to a template: give content_sid")
    found = {}
    if body is not None:
        found["body"] = text("body", body, MAX_BODY)
    if media_url:
        found["media_url"] = _media(media_url)
    if not found:
        refuse("body", "give a body, media_url or content_sid")
    return found


def _variables(value: object) -> str:
    if not isinstance(value, Mapping):
        refuse("content_variables", f"must be a mapping, not {type(value).__name__}")
    for name, inner in value.items():
        if not isinstance(name, str) or not isinstance(inner, str) or not inner:
            refuse("content_variables", 'map names to text that is not empty: {"1": "Alex"}')
    return json.dumps(dict(value), ensure_ascii=False)


def _media(value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        refuse("media_url", "must be a list of URLs")
    if len(value) > MAX_MEDIA:
        refuse("media_url", f"has {len(value)} URLs; Twilio takes at most {MAX_MEDIA}")
    return [url(f"media_url[{index}]", each) for index, each in enumerate(value)]


def url(argument: str, value: object) -> str:
    """Return an https URL that Twilio can reach."""
    found = text(argument, value, 2048)
    parts = _split(argument, found)
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        refuse(argument, "must be an https URL (http only for localhost)")
    if not host or " " in found or not found.isprintable():
        refuse(argument, "is no URL, such as https://app.example.com/picture.jpg")
    return found


def _split(argument: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # read here, since it is this that raises
    except ValueError:
        refuse(argument, "is no URL, such as https://app.example.com/picture.jpg")
    return parts


def callback_url(argument: str, value: object, public_base_url: str) -> str:
    """Return where status callbacks go; a path is joined to ``TWILIO_PUBLIC_BASE_URL``."""
    if isinstance(value, str) and value.startswith("/"):
        if not public_base_url:
            refuse(argument, "is a path: set TWILIO_PUBLIC_BASE_URL, or give the whole URL")
        value = public_base_url + value
    found = url(argument, value)
    # Specification of Messages, StatusCallback, read 2026-11.
    if "_" in (urlsplit(found).hostname or ""):
        refuse(argument, "has an underscore in its host, which Twilio does not take")
    return found


def send_at(value: object, now: float) -> datetime:
    """Return the time of a scheduled message in UTC, 15 minutes to 35 days ahead.

    The SDK writes a ``Z`` behind any time and converts nothing (9.13).
    """
    if not isinstance(value, datetime):
        refuse("send_at", f"must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        refuse("send_at", "needs a time zone: datetime(..., tzinfo=UTC)")
    ahead = value - datetime.fromtimestamp(now, tz=UTC)
    if not SCHEDULE_MIN <= ahead <= SCHEDULE_MAX:
        refuse("send_at", "must be 15 minutes to 35 days ahead")
    return value.astimezone(UTC)


def moment(argument: str, value: object) -> datetime:
    """Return a time with a zone, in UTC."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        refuse(argument, "must be a datetime with a time zone")
    return value.astimezone(UTC)


def whole(argument: str, value: object, low: int, high: int) -> int:
    """Return a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        refuse(argument, f"{value!r} is not a whole number from {low} to {high}")
    return value


def channel(value: object) -> str:
    """Return a channel of Verify."""
    if value not in CHANNELS:
        refuse("channel", f"{value!r} must be one of {', '.join(CHANNELS)}")
    return str(value)


def email(argument: str, value: object) -> str:
    """Return an address: one @, printable, no spaces, a dotted domain."""
    address = text(argument, value, 254)
    if not address.isprintable() or not _EMAIL.fullmatch(address):
        refuse(argument, "is no email address, such as alex@example.com")
    return address


def code(value: object) -> str:
    """Return a code as a user typed it: 4 to 10 digits, spaces taken out."""
    digits = "".join(value.split()) if isinstance(value, str) else ""
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 10):
        # The value is not repeated: it may be nearly right.
        refuse("code", "must be 4 to 10 digits")
    return digits


def rate_limits(value: object) -> str:
    """Return the values that a service's own rate limits count by, such as ``{"ip": …}``."""
    if not isinstance(value, Mapping) or not value:
        refuse("rate_limits", "must be a mapping of a limit's unique name to a value")
    for name, inner in value.items():
        if not isinstance(name, str) or not isinstance(inner, str) or not inner:
            refuse("rate_limits", "map names to text, such as {'ip': '192.0.2.1'}")
    return json.dumps(dict(value))
