"""What a fake Verify knows: its services, limits and codes, and what it put on phones' screens."""

import hashlib
from dataclasses import dataclass, field

MOCK_VERIFY_SERVICE = "VA00000000000000000000000000000004"
LIFE_S = 600
MAX_CHECKS = MAX_SENDS = 5


@dataclass(frozen=True)
class VerifyText:
    """A code on a screen. It is in no list of messages: Verify sends from numbers of its own."""

    at: float
    to: str
    channel: str
    body: str


@dataclass
class FakeVerification:
    """A code on its way. ``status`` is as stored; it expires by the clock."""

    sid: str
    service: str
    to: str
    channel: str
    code: str = field(repr=False)
    created: float
    updated: float
    status: str = "pending"
    checks: int = 0
    sends: list[tuple[float, str]] = field(default_factory=list)

    def alive(self, now: float) -> bool:
        """Tell whether there is anything to check, or to refuse for too many checks."""
        usable = self.status in ("pending", "max_attempts_reached")
        return usable and now < self.created + LIFE_S


@dataclass
class FakeRateLimit:
    """A limit of the service's owner. ``buckets`` are (sid, most, seconds)."""

    sid: str
    service: str
    unique_name: str
    description: str | None
    created: float
    buckets: list[tuple[str, int, int]] = field(default_factory=list)
    hits: dict[str, list[float]] = field(default_factory=dict)

    def full(self, value: str, now: float) -> bool:
        """Tell whether one of the buckets lets no more through for ``value``."""
        hits = self.hits.get(value, [])
        return any(
            sum(at > now - seconds for at in hits) >= most for _, most, seconds in self.buckets
        )


@dataclass
class VerifyState:
    """All that Verify forgets at a reset.

    ``blocked`` holds prefixes and until when Fraud Guard blocks them; ``concurrent`` the numbers
    whose next start meets another one.
    """

    services: dict[str, str] = field(default_factory=lambda: {MOCK_VERIFY_SERVICE: "Example"})
    verifications: dict[str, FakeVerification] = field(default_factory=dict)
    rate_limits: dict[str, FakeRateLimit] = field(default_factory=dict)
    texts: list[VerifyText] = field(default_factory=list)
    blocked: dict[str, float] = field(default_factory=dict)
    concurrent: set[str] = field(default_factory=set)
    reads: list[float] = field(default_factory=list)

    def current(self, service: str, to: str, now: float) -> FakeVerification | None:
        """Return the verification of a number that is not over."""
        found = reversed(self.verifications.values())
        return next((v for v in found if (v.service, v.to) == (service, to) and v.alive(now)), None)


def code_for(sid: str) -> str:
    """Return six digits: the same in every run, so that examples can be compared."""
    return f"{int.from_bytes(hashlib.sha256(sid.encode()).digest()[:8]) % 10**6:06d}"
