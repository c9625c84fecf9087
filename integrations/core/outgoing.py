"""How a fake posts its webhooks: signed at each try, and kept until they are taken."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from integrations.core.clock import Clock
from integrations.core.errors import ConfigurationError


class Answer(Protocol):
    """What a receiver of webhooks answers."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...


@dataclass(frozen=True)
class Delivery:
    """A signed webhook: post ``body`` with ``headers`` to your endpoint."""

    event: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Message:
    """A webhook that is not signed yet."""

    event: str
    id: str
    body: bytes


class Signer(Protocol):
    """A vendor's way of signing what it sends."""

    def sign(self, body: bytes, *, message_id: str, at: float | None = None) -> dict[str, str]:
        """Return the headers that come with ``body``, signed at the Unix time ``at``, or now."""
        ...


class StandardSigner:
    """Signs as Standard Webhooks does, by the ``standardwebhooks`` library."""

    def __init__(self, secret: str, clock: Clock) -> None:
        """Sign with ``secret``, at the time of ``clock``.

        Raises:
            ConfigurationError: the library is not installed.
        """
        try:
            from standardwebhooks import Webhook
        except ModuleNotFoundError as missing:
            raise ConfigurationError(
                "the package 'standardwebhooks', which signs a fake's webhooks, is not installed. "
                "Install the service's extra, such as pip install 'integrations-workbook[loops]'"
            ) from missing
        self._signer = Webhook(secret)
        self._clock = clock

    def sign(self, body: bytes, *, message_id: str, at: float | None = None) -> dict[str, str]:
        """Return the headers that come with ``body``, signed at the Unix time ``at``, or now."""
        stamp = int(self._clock.time() if at is None else at)
        when = datetime.fromtimestamp(stamp, tz=UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": self._signer.sign(message_id, when, body.decode()),
        }


class Outgoing:
    """Delivers a fake's webhooks, and keeps those that were not taken."""

    def __init__(self, signer: Signer, queued: Callable[[], Iterable[Message]]) -> None:
        """Sign with ``signer`` what ``queued()`` hands over."""
        self.sign = signer.sign
        self._queued = queued
        self.pending: list[Message] = []

    def collect(self) -> list[Delivery]:
        """Return all that waits for delivery, oldest first, signed now."""
        self.pending += self._queued()
        return [self._signed(each) for each in self.pending]

    def deliver(self, receive: Callable[[bytes, Mapping[str, str]], Answer]) -> list[int]:
        """Post what is pending, oldest first; keep what was not answered with 2xx.

        Every try is signed anew, with the time of the try and the same id. Returns the statuses.
        """
        self.pending += self._queued()
        statuses, kept = [], []
        for each in self.pending:
            signed = self._signed(each)
            status = receive(signed.body, signed.headers).status
            statuses.append(status)
            if not 200 <= status < 300:
                kept.append(each)
        self.pending = kept
        return statuses

    def _signed(self, message: Message) -> Delivery:
        headers = self.sign(message.body, message_id=message.id)
        return Delivery(message.event, message.body, headers)
