"""What the server is and what it can do: asked, not guessed from a version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.clock import Clock
from integrations.core.views import Displayed
from integrations.redis.commands import Commands, Effect

# Commands that came late, or that one of the two servers has and the other has not.
_ASKED = ("unlink", "blmove", "getex", "fcall", "hexpire", "hsetex", "delex", "increx")


@dataclass(frozen=True)
class Health(Displayed):
    """The end of a health check.

    Attributes:
        server: ``redis``, ``valkey``, or what else it calls itself.
        version: its version.
        latency_s: seconds from question to answer.
    """

    server: str
    version: str
    latency_s: float
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Capabilities(Displayed):
    """Which commands the server knows.

    Attributes:
        unlink: deletes in the background (4.0).
        blmove: takes from one list and puts on another, waiting for it (6.2).
        getex: reads and extends (6.2).
        functions: FCALL (7.0).
        field_expiry: HEXPIRE, an expiry for each field of a hash (Redis 7.4, Valkey 9.0).
        field_expiry_set: HSETEX (Redis 8.0, Valkey 9.0).
        compare_delete: DELEX, deletes if the value is as expected (Redis 8.4).
        increx: INCREX, a counter with bound and expiry (Redis 8.8, Valkey 9.2).
    """

    unlink: bool
    blmove: bool
    getex: bool
    functions: bool
    field_expiry: bool
    field_expiry_set: bool
    compare_delete: bool
    increx: bool


def ask_health(commands: Commands, clock: Clock) -> Health:
    """Ask the server who it is (HELLO, which needs Redis 6)."""
    began = clock.time()
    raw = commands.run("HELLO", (), lambda s: commands.anywhere(s, "HELLO"), effect=Effect.READ)
    latency_s = max(0.0, clock.time() - began)
    facts = _facts(raw)
    return Health(str(facts.get("server", "")), str(facts.get("version", "")), latency_s, facts)


def ask_capabilities(commands: Commands) -> Capabilities:
    """Ask the server for each command (COMMAND INFO)."""

    def ask(server: Any) -> Any:
        return _known(commands.anywhere(server, "COMMAND INFO", *_ASKED))

    return Capabilities(*commands.run("COMMAND INFO", (), ask, effect=Effect.READ))


def _known(reply: Any) -> list[bool]:
    # A list with nil for each unknown command; parsed by the SDK, a mapping without them.
    if isinstance(reply, Mapping):
        return [name in reply for name in _ASKED]
    return [each is not None for each in reply]


def _facts(raw: Any) -> dict[str, Any]:
    pairs = raw.items() if isinstance(raw, Mapping) else zip(raw[::2], raw[1::2], strict=False)
    return {_text(name): _text(value) for name, value in pairs}


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
