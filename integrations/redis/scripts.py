"""Lua scripts, known to the server by their hash.

Every key is passed in KEYS and all of a call's keys share a hash tag, so the scripts run on a
cluster. Numbers go back as integers or strings: Redis cuts fractions off, and a list at a nil.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Self


@dataclass(frozen=True)
class Script:
    """A script and its name, which stands for it in records."""

    name: str
    text: str

    @cached_property
    def sha(self) -> bytes:
        """Return the hash by which the server knows the text."""
        # The server's choice of hash; it guards nothing.
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest().encode()


@dataclass(frozen=True)
class Call:
    """A script with its keys and arguments, packed once and sent as often as need be.

    Attributes:
        script: what to run.
        keys: the keys it concerns.
        arguments: all that follows the script's hash or text: how many keys, keys, arguments.
        packed: the whole command by the script's hash, as it goes over the wire.
    """

    script: Script
    keys: tuple[str, ...]
    arguments: tuple[bytes, ...]
    packed: bytes

    @classmethod
    def of(cls, script: Script, keys: tuple[str, ...], *arguments: bytes) -> Self:
        """Pack a call. The keys are text, the arguments ready to send."""
        rest = (b"%d" % len(keys), *(key.encode() for key in keys), *arguments)
        return cls(script, keys, rest, _packed(b"EVALSHA", script.sha, *rest))


def _packed(*parts: bytes) -> bytes:
    # https://redis.io/docs/latest/develop/reference/protocol-spec/#sending-commands-to-a-redis-server
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


# The server's clock in microseconds: those of several application servers differ.
NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
"""
