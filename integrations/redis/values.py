"""Values as bytes: JSON, or MessagePack for bytes and datetimes. Never pickle.

Whoever can write to the server could make a pickle run code in every reader.
The first byte tells the codec, so that readers need not know it.
"""

import json
from datetime import datetime
from typing import Any, Literal

from integrations.core.errors import UnavailableError
from integrations.redis.arguments import refuse

Codec = Literal["json", "msgpack"]
MAX_BYTES = 16 * 1024 * 1024
_JSON, _MSGPACK = b"j", b"m"


def dumps(value: object, codec: Codec = "json") -> bytes:
    """Return a value as bytes.

    Raises:
        InvalidRequestError: it cannot be carried unchanged, or is larger than 16 MB. JSON would
            turn numeric keys into strings, so only strings are keys.
    """
    if codec not in ("json", "msgpack"):
        refuse("codec", "must be 'json' or 'msgpack'")
    try:
        data = _to_json(value) if codec == "json" else _to_msgpack(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        refuse("value", f"cannot be written as {codec} ({error})"[:200])
    if len(data) > MAX_BYTES:
        refuse("value", f"has {len(data)} bytes; {MAX_BYTES} are the limit")
    return data


def loads(data: bytes) -> Any:
    """Return the value that was written.

    Raises:
        UnavailableError: the bytes were not written by this module.
    """
    try:
        if data[:1] == _JSON:
            return json.loads(data[1:])
        if data[:1] == _MSGPACK:
            import msgpack

            return msgpack.unpackb(data[1:], timestamp=3, strict_map_key=False)
    except (ValueError, OverflowError, OSError, RecursionError) as error:
        raise _unreadable(data) from error
    raise _unreadable(data)


def _to_json(value: object) -> bytes:
    _check_keys(value)
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return _JSON + text.encode()


def _check_keys(value: object) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key is {type(key).__name__}, and JSON knows only strings")
            _check_keys(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_keys(part)


def _to_msgpack(value: object) -> bytes:
    import msgpack

    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a datetime needs a time zone")
    packed: bytes = msgpack.packb(value, datetime=True)
    return _MSGPACK + packed


def _unreadable(data: bytes) -> UnavailableError:
    return UnavailableError(
        f"the value cannot be read ({len(data)} bytes): something else wrote it",
        provider="redis",
        hint="Delete the key, or give this application a prefix of its own.",
    )
