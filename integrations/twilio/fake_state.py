"""What a fake Twilio knows: its numbers, its messages, and the callbacks it has yet to post."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.twilio.fake_verify_state import VerifyState

ERRORS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30034: "US A2P 10DLC - Message from an Unregistered Number",
    30450: "Message delivery blocked: SMS pumping",
    63003: "Channel could not find To address",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63018: "Rate limit exceeded for Channel",
}
"""Why a message is not delivered
(https://www.twilio.com/docs/api/errors, read 2026-11)."""


@dataclass
class FakeMessage:
    """A message on its way. ``steps`` are still to come: (Unix time, status, error code)."""

    sid: str
    to: str
    sender: str | None
    body: str
    direction: str
    status: str
    created: float
    media: tuple[str, ...] = ()
    segments: int = 1
    service: str | None = None
    template: str | None = None
    callback: str | None = None
    error: int | None = None
    sent: float | None = None
    updated: float = 0.0
    steps: list[tuple[float, str, int | None]] = field(default_factory=list)
    history: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """What Lookup says of a number, and what becomes of messages to it.

    ``fails`` is the code with which every message to it ends undelivered.
    """

    type: str = "mobile"
    carrier: str = "Example Mobile"
    pumping_risk: int = 3
    fails: int | None = None


@dataclass(frozen=True)
class Template:
    """A content template; ``{{1}}`` stands for a variable. Only approved ones reach WhatsApp."""

    sid: str
    body: str
    approved: bool = True


@dataclass(frozen=True)
class Callback:
    """A webhook that is not signed yet: posted to ``url`` at the Unix time ``at``, or later."""

    event: str
    url: str
    params: Mapping[str, str]
    at: float
    tries: int = 0


@dataclass
class State:
    """All that ``reset()`` throws away."""

    account_sid: str
    auth_token: str = field(default="", repr=False)
    inbound_url: str = ""
    numbers: set[str] = field(default_factory=set)
    services: dict[str, list[str]] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    messages: dict[str, FakeMessage] = field(default_factory=dict)
    moving: set[str] = field(default_factory=set)
    callbacks: list[Callback] = field(default_factory=list)
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    last_inbound: dict[tuple[str, str], float] = field(default_factory=dict)
    blocked_countries: set[int] = field(default_factory=set)
    verified: set[str] | None = None
    test_credentials: bool = False
    verify: VerifyState = field(default_factory=VerifyState)
    ids: int = 0

    def new_sid(self, prefix: str) -> str:
        """Return the next SID: the prefix and 32 hexadecimal digits."""
        self.ids += 1
        return f"{prefix}{self.ids:032x}"

    def line(self, number: str) -> Line:
        """Return what is known of a number; a mobile that works, unless it was set otherwise."""
        return self.lines.get(number.removeprefix("whatsapp:"), Line())
