"""Read a request's URL as S3 does: which endpoint, which bucket, which key."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from integrations.core.wire import Request
from integrations.s3.fake_vendor import refuse

Profile = Literal["aws", "r2"]

_AWS = re.compile(
    r"^(?:(?P<bucket>.+)\.)?s3[.-](?:(?:dualstack|fips)\.)?(?:(?P<region>[a-z0-9-]+)\.)?amazonaws\.com$"
)
_GLOBAL = re.compile(r"^(?:(?P<bucket>.+)\.)?s3\.amazonaws\.com$")
_R2 = re.compile(
    r"^(?:(?P<bucket>.+)\.)?[0-9a-f]{32}(?:\.(?:eu|fedramp))?\.r2\.cloudflarestorage\.com$"
)
MAX_KEY_BYTES = 1024


@dataclass(frozen=True)
class Address:
    """Where a request goes.

    Attributes:
        bucket: empty for the service itself.
        key: empty for the bucket itself.
        region: that of the host; empty for the global host and for hosts without one.
        is_global: the host is ``s3.amazonaws.com``, which names no region.
        path: the URL's path, encoded the one way that signatures count.
        query: the parameters, decoded, in order.
    """

    bucket: str
    key: str
    region: str
    is_global: bool
    path: str
    query: tuple[tuple[str, str], ...]

    def parameter(self, name: str) -> str | None:
        """Return a query parameter's value; None when it is absent."""
        return next((value for key, value in self.query if key == name), None)


def read_address(request: Request) -> Address:
    """Return where a request goes, by its host and its path.

    Raises:
        S3RefusedError: the path climbs out of its bucket, or the key is too long.
    """
    parts = urlsplit(request.url)
    host = (request.headers.get("host") or parts.netloc).lower().partition(":")[0]
    raw = unquote(parts.path, errors="surrogateescape")
    found = _GLOBAL.match(host) or _AWS.match(host) or _R2.match(host)
    groups = found.groupdict() if found else {}
    if groups.get("bucket"):
        bucket, key = groups["bucket"], raw.removeprefix("/")
    else:
        bucket, _, key = raw.removeprefix("/").partition("/")
    _check_key(key)
    return Address(
        bucket,
        key,
        groups.get("region") or "",
        bool(_GLOBAL.match(host)),
        canonical(raw) or "/",
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
    )


def canonical(path: str) -> str:
    """Encode a decoded path the way signatures count: every byte but letters, digits, ``-_.~/``."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/-_.~")


def _check_key(key: str) -> None:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        refuse("InvalidURI", "Couldn't parse the specified URI.")
    if size > MAX_KEY_BYTES:
        limits = {"Size": str(size), "MaxSizeAllowed": str(MAX_KEY_BYTES)}
        refuse("KeyTooLongError", "Your key is too long", **limits)
    depth = 0
    for step in key.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        if depth < 0:
            refuse("InvalidURI", "Couldn't parse the specified URI.")
