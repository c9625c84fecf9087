"""Whose Twilio's five checks of a code are, so that no stranger uses up the owner's.

Twilio has one code for a number while it is alive, and counts five checks of it, whoever asks.
Source: https://www.twilio.com/docs/verify/api/rate-limits-and-timeouts, read 2026-11.
"""

from dataclasses import dataclass

from integrations.core.code_limits import SendLimits
from integrations.core.code_store import FREE

OWN_CHECKS = 3
"""Checks of a code that are kept for the session that asked for it first."""
OTHERS_CHECKS = 2
"""The rest, for sessions that ask while that code is alive; one for each requester."""

_MANY = 1_000_000


@dataclass(frozen=True)
class Shares:
    """Share out the checks of each code.

    Attributes:
        limits: hashes the keys, and has the store and the clock.
        life_s: for how long a code is good.
    """

    limits: SendLimits
    life_s: float

    def claim(self, sid: str, *, session: str) -> int:
        """Note that a session has asked for a code; return how many checks of it are its own."""
        store, now = self.limits.store, self.limits.clock.time()
        claim = self.limits.hash("claim", sid)
        if store.admit([(claim, 1, self.life_s)], now=now)[0] == FREE:
            first = self.limits.hash("first", sid)
            store.put(first, session, now=now, ttl_s=self.life_s, attempts=_MANY)
        return OWN_CHECKS if self._is_first(sid, session) else 1

    def take(self, sid: str, *, session: str, requester: str) -> bool:
        """Take one check of a code, and tell whether there was one for this session."""
        if self._is_first(sid, session):
            quotas = [(self.limits.hash("own", sid), OWN_CHECKS, self.life_s)]
        else:
            quotas = [
                (self.limits.hash("others", sid), OTHERS_CHECKS, self.life_s),
                (self.limits.hash("others", sid, requester), 1, self.life_s),
            ]
        full, _ = self.limits.store.admit(quotas, now=self.limits.clock.time())
        return full == FREE

    def _is_first(self, sid: str, session: str) -> bool:
        first = self.limits.hash("first", sid)
        return self.limits.store.attempt(first, now=self.limits.clock.time())[0] == session
