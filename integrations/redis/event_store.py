"""Where received webhooks are kept when several processes receive them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from integrations.core.errors import UnavailableError
from integrations.core.webhook_store import Claimed, Event, State, StoredEvent
from integrations.redis import arguments as check
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.event_scripts import CLAIM, FINISH, LIST, READ
from integrations.redis.names import digest

# How many events are read at once.
PAGE = 100
KEEP_S = 30 * 86_400.0

Parser = Callable[[Event], Any]


class RedisEventStore:
    """An :class:`~integrations.core.webhook_store.EventStore` that processes share.

    Each method is one script, and one trip. A lost reply is asked for again: a claim is not taken
    for somebody else's, and what is finished is finished once. Of the claims on one subject only
    the last can be finished, whichever process has it.

    In a cluster, all events of a provider lie on one node, since a claim looks at the event, at
    its subject and at the list in one step. That node handles thousands of claims a second, far
    more than a vendor sends.

    The server must not evict keys (``maxmemory-policy noeviction`` or ``volatile-ttl`` with room to
    spare): an event that was forgotten would be handled again. Bodies are stored as they came:
    whoever may read the server may read them.
    """

    def __init__(
        self,
        client: RedisClient,
        *,
        keep: float = KEEP_S,
        name: str = "webhooks",
        parsers: Mapping[str, Parser] | None = None,
    ) -> None:
        """Keep events under ``name``.

        Args:
            client: the server.
            keep: seconds for which an event is known after its last change. Longer than the vendor
                goes on sending it again, which is three days for Stripe.
            name: the entity in the keys.
            parsers: by provider, what builds the typed object of an event that was read from the
                server; without one, :attr:`~integrations.core.webhook_store.Event.typed` is the
                payload.

        Raises:
            InvalidRequestError: ``keep`` is no duration, or ``name`` no word.
        """
        self._client = client
        self._entity = client.names.entity(name)
        self._keep_ms = check.milliseconds("keep", keep)
        self._parsers = dict(parsers or {})

    def claim(
        self, event: Event, *, now: float, until: float, again: bool = False, force: bool = False
    ) -> tuple[Claimed, int]:
        """Claim an event; see :class:`~integrations.core.webhook_store.EventStore`.

        ``now`` and ``until`` are this machine's: clocks of workers that differ by more than the
        length of a claim would take each other's.

        Raises:
            InvalidRequestError: the payload cannot be written as JSON.
            NetworkError: the server did not answer. Answer with a 5xx; the vendor sends it again.
        """
        stem, member = self._stem(event.provider), digest(event.id)
        keys = [f"{stem}:event:{member}", f"{stem}:received", *self._subject(stem, event)]
        mark = self._client.new_id()
        flags = (int(again), int(force))
        times = (repr(float(now)), repr(float(until)))
        kept = (_created(event), _written(event), event.body, member, self._keep_ms)
        word, token = self._client.commands.script(
            CLAIM, keys, (mark, *times, *flags, *kept), effect=Effect.REPEATABLE
        )
        return Claimed(word.decode()), int(token)

    def finish(self, event: Event, token: int, state: State, error: str = "") -> bool:
        """End a claim; see :class:`~integrations.core.webhook_store.EventStore`.

        Raises:
            NetworkError: the server did not answer. The claim ends by itself, and the vendor sends
                the event again.
        """
        stem, member = self._stem(event.provider), digest(event.id)
        keys = [f"{stem}:event:{member}", *self._subject(stem, event)]
        mark = self._client.new_id()
        said = (token, str(state), error, _created(event), member, self._keep_ms)
        ended = self._client.commands.script(FINISH, keys, (mark, *said), effect=Effect.REPEATABLE)
        return bool(ended)

    def get(self, provider: str, event_id: str) -> StoredEvent | None:
        """Return a received event."""
        key = f"{self._stem(provider)}:event:{digest(event_id)}"
        return next(self._read(provider, [key]), None)

    def received(self, provider: str) -> Iterator[StoredEvent]:
        """Walk over the events that were received within ``keep`` seconds, oldest first."""
        stem = self._stem(provider)
        listed = self._client.commands.script(LIST, [f"{stem}:received"], effect=Effect.READ)
        keys = [f"{stem}:event:{member.decode()}" for member in listed]
        for start in range(0, len(keys), PAGE):
            yield from self._read(provider, keys[start : start + PAGE])

    def _read(self, provider: str, keys: Sequence[str]) -> Iterator[StoredEvent]:
        found = self._client.commands.script(READ, keys, effect=Effect.READ)
        for fields in found:
            if fields:
                yield self._stored(provider, fields)

    def _stored(self, provider: str, fields: Sequence[bytes]) -> StoredEvent:
        state, attempts, until, error, event, body = fields
        try:
            known = json.loads(event)
            read = Event(provider, **known, body=bytes(body), parse=self._parsers.get(provider))
            return StoredEvent(
                read, State(state.decode()), int(attempts), float(until), error.decode()
            )
        except (ValueError, TypeError) as broken:
            raise UnavailableError(
                "a stored event cannot be read",
                provider="redis",
                hint="Something else writes under this prefix: look at REDIS_PREFIX.",
            ) from broken

    def _stem(self, provider: str) -> str:
        return self._client.names.group(self._entity, provider)

    @staticmethod
    def _subject(stem: str, event: Event) -> list[str]:
        return [f"{stem}:subject:{digest(event.order)}"] if event.order else []


def _created(event: Event) -> str:
    return repr(float(event.created))


def _written(event: Event) -> str:
    told = {"id": event.id, "type": event.type, "created": event.created, "order": event.order}
    try:
        return json.dumps({**told, "payload": dict(event.payload)}, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        check.refuse("payload", f"cannot be written as JSON ({type(error).__name__})")
