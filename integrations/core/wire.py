"""The one seam: a frozen request, a frozen response, and a callable between them.

A fake, the network, a dry run, a guard, a fault and a recorder are all a :data:`Wire`, so they
compose by calling each other. Adapters hang a wire on the vendor SDK's own extension point.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.core.errors import GuardError
from integrations.core.log import redact_url

_EMPTY: Mapping[str, str] = MappingProxyType({})


def _freeze(headers: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({name.lower(): value for name, value in headers.items()})


@dataclass(frozen=True, repr=False)
class Request:
    """What leaves: method, absolute URL, headers (names in lower case), body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        """Freeze the headers under lower-case names."""
        object.__setattr__(self, "headers", _freeze(self.headers))

    @property
    def path(self) -> str:
        """The URL's path."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last one wins where a name is repeated."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        """Show where it goes; never a header's secret, a query's value or the body."""
        return f"Request({self.method} {redact_url(self.url)}, {len(self.body)} bytes)"

    def _repr_html_(self) -> str:
        from integrations.core.exchanges import exchange

        return exchange(self)


@dataclass(frozen=True, repr=False)
class Response:
    """What comes back: status, headers (names in lower case), body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __post_init__(self) -> None:
        """Freeze the headers under lower-case names."""
        object.__setattr__(self, "headers", _freeze(self.headers))

    @classmethod
    def of_json(cls, status: int, value: object, headers: Mapping[str, str] = _EMPTY) -> "Response":
        """Build a JSON response."""
        typed = {"content-type": "application/json", **headers}
        return cls(status, typed, json.dumps(value).encode())

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        """Show the status and the size."""
        return f"Response({self.status}, {len(self.body)} bytes)"


Wire = Callable[[Request], Response]
"""The shape of everything that carries a request."""

Rule = Callable[[Request], None]
"""A check that raises :class:`~integrations.core.errors.GuardError`
for a request that must not leave."""


class WireError(Exception):
    """No response. Adapters turn it into what the vendor SDK's own transport raises."""


class ConnectFailedError(WireError):
    """The connection was never made: nothing was sent."""


class ReplyLostError(WireError):
    """The request left, the reply did not come: it may have taken effect."""


class ReplyTimeoutError(ReplyLostError):
    """The request left, and no reply came in time."""


def dry_run(_request: Request) -> Response:
    """Send nothing. The client of debug mode knows that this is no answer of the service."""
    return Response(204, {"content-length": "0"})


@dataclass(frozen=True)
class Guarded:
    """Let a request pass to ``wire`` only when no rule refuses it."""

    wire: Wire
    rules: tuple[Rule, ...]

    def __call__(self, request: Request) -> Response:
        """Apply every rule, then pass the request on."""
        for rule in self.rules:
            rule(request)
        return self.wire(request)


# Stripe's prefixes [SDK 16.1]; they are refused on every service's wire, since a key pasted under
# the wrong name is how live keys end up in test set-ups.
LIVE_KEY_PREFIXES = ("sk_live_", "rk_live_")


def _credentials(value: str) -> str:
    """Return a header's value, with the user and password of basic authentication in clear."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return value
    try:
        return value + " " + base64.b64decode(encoded).decode("latin-1")
    except ValueError:
        return value


def refuse_live_keys(request: Request) -> None:
    """Refuse a request that carries a key whose prefix says it is live.

    Raises:
        GuardError: naming the header, never the key.
    """
    for name, value in request.headers.items():
        credentials = _credentials(value)
        if any(prefix in credentials for prefix in LIVE_KEY_PREFIXES):
            raise GuardError(
                f"{name}: a live key in sandbox mode. Nothing was sent. "
                "Use a test key, or set the mode to 'live' if you mean it."
            )


@dataclass(frozen=True)
class RecipientGuard:
    """Refuse a request to anybody who is not on the allow-list.

    ``allowed`` holds exact addresses and ids, or ``@domain`` for everybody at a domain; case does
    not matter.
    ``recipients`` reads from a request everybody whom it concerns.
    """

    recipients: Callable[[Request], list[str]] = field(repr=False)
    allowed: tuple[str, ...]
    setting: str

    def __call__(self, request: Request) -> None:
        """Check the request's recipients.

        Raises:
            GuardError: naming the setting that would allow the recipient.
        """
        allowed = {entry.lower() for entry in self.allowed}
        for recipient in self.recipients(request):
            name = recipient.lower()
            # Two "@" are two addresses, of which a service may take the first.
            user, _, domain = name.partition("@")
            if name not in allowed and not (user and f"@{domain}" in allowed):
                wider = ", or its @domain," if domain else ""
                raise GuardError(
                    f"{recipient!r} is not on sandbox mode's allow-list. Nothing was sent. "
                    f"Add it{wider} to {self.setting}."
                )
