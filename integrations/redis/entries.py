"""How a cached value lies on the server: the value, and the state of its tags when it was read."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.core.errors import UnavailableError
from integrations.redis.values import Codec, dumps, loads

_TAGGED = b"t"

Tokens = Mapping[str, str]
"""The token of each tag. Invalidating a tag gives it another token."""


class _Miss:
    """Nothing was found: told apart from a value that is None."""

    def __repr__(self) -> str:
        return "MISS"

    def __bool__(self) -> bool:
        return False


MISS: Any = _Miss()


def pack(value: object, tokens: Tokens, codec: Codec) -> bytes:
    """Return a value and the tokens of its tags as bytes."""
    data = dumps(value, codec)
    if not tokens:
        return data
    head = json.dumps(dict(tokens), separators=(",", ":")).encode()
    return _TAGGED + len(head).to_bytes(4, "big") + head + data


def unpack(data: bytes, tokens_of: Callable[[Sequence[str]], Tokens]) -> Any:
    """Return the value, or ``MISS`` when one of its tags was invalidated since, or is gone.

    Raises:
        UnavailableError: something else wrote the bytes.
    """
    if data[:1] != _TAGGED:
        return loads(data)
    try:
        size = int.from_bytes(data[1:5], "big")
        known: dict[str, str] = json.loads(data[5 : 5 + size])
        names = list(known)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnavailableError("the cached value cannot be read", provider="redis") from error
    return loads(data[5 + size :]) if tokens_of(names) == known else MISS
