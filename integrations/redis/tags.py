"""Tags of cached values: each has a random token, and invalidating it gives it another.

A token that is evicted or expired makes its values count as outdated: a miss, never a stale value.
"""

from collections.abc import Sequence
from typing import Any

from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.entries import Tokens

# Longer than any value is worth keeping; a tag that expires costs one miss.
TAG_TTL_S = 30 * 86_400


class Tags:
    """The tags of one cache."""

    def __init__(self, client: RedisClient, entity: str) -> None:
        """Keep the tokens under ``entity``."""
        self._client = client
        self._entity = entity

    def key(self, tag: str) -> str:
        """Return the name of a tag's key."""
        return self._client.names.key(self._entity, tag)

    def tokens(self, tags: Sequence[str]) -> Tokens:
        """Return the token of each tag that has one."""
        keys = [self.key(tag) for tag in tags]
        found = get_many(self._client, keys)
        pairs = zip(tags, found, strict=True)
        return {tag: token.decode() for tag, token in pairs if token is not None}

    def ensured(self, tags: Sequence[str]) -> Tokens:
        """Return the token of each tag; those without one get one."""
        if not tags:
            return {}
        known = self.tokens(tags)
        if missing := [tag for tag in tags if tag not in known]:
            self._write(missing, only_new=True)
            known = self.tokens(tags)
        return known

    def invalidate(self, tags: Sequence[str]) -> None:
        """Give each tag a new token."""
        self._write(tags, only_new=False)

    def _write(self, tags: Sequence[str], *, only_new: bool) -> None:
        tokens = [(self.key(tag), self._client.new_id()) for tag in tags]

        def send(server: Any) -> None:
            with server.pipeline(transaction=False) as pipe:
                for key, token in tokens:
                    pipe.set(key, token, ex=TAG_TTL_S, nx=only_new)
                pipe.execute()

        keys = [key for key, _ in tokens]
        self._client.commands.run("SET", keys, send, effect=Effect.REPEATABLE, answer=False)


def get_many(client: RedisClient, keys: Sequence[str]) -> list[bytes | None]:
    """Return the raw values of keys in one trip; in a cluster, one to each node."""
    if not keys:
        return []

    def send(server: Any) -> Any:
        return server.mget_nonatomic(keys) if client.commands.cluster else server.mget(keys)

    found: list[bytes | None] = client.commands.run("MGET", keys, send, effect=Effect.READ)
    return found
