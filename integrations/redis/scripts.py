"""Lua scripts, known to the server by their hash.

Every key is passed in KEYS and all of a call's keys share a hash tag, so the scripts run on a
cluster. Numbers go back as integers or strings: Redis cuts fractions off, and a list at a nil.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property


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


# The server's clock in microseconds: those of several application servers differ.
NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
"""
