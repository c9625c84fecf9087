"""Which pieces stand on the wire in which mode."""

import httpx

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.outbox import Outbox, Recorder
from integrations.core.wire import (
    Guarded,
    RecipientGuard,
    Request,
    Wire,
    dry_run,
    refuse_live_keys,
)
from integrations.loops.settings import LoopsSettings
from integrations.loops.transport import WireTransport, network_wire


def open_http(
    settings: LoopsSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> httpx.Client:
    """Return an httpx client whose requests go where the mode says."""
    key = settings.api_key.reveal() or "debug-mode-has-no-key"
    return httpx.Client(
        transport=_transport(settings, wire, outbox, clock),
        timeout=settings.timeout,
        headers={"authorization": f"Bearer {key}", "accept": "application/json"},
    )


def _transport(
    settings: LoopsSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> httpx.BaseTransport | None:
    if settings.mode is Mode.LIVE:
        # None: httpx's own transport, which honours the environment's proxies.
        return WireTransport(wire) if wire else None
    if settings.mode is Mode.DEBUG:
        return WireTransport(Recorder(dry_run, outbox, clock, dry=True))
    if settings.mode is Mode.MOCK:
        if wire is None:
            raise TypeError("wire: mock mode needs a fake; from_env makes one")
        return WireTransport(Recorder(wire, outbox, clock))
    if wire is None:
        network = httpx.Client(timeout=settings.timeout)
        recorder = Recorder(network_wire(network), outbox, clock)
        return WireTransport(_guarded(settings, recorder), on_close=network.close)
    return WireTransport(_guarded(settings, Recorder(wire, outbox, clock)))


def _guarded(settings: LoopsSettings, wire: Wire) -> Wire:
    allowed = settings.sandbox_recipients
    recipients = RecipientGuard(_recipients, allowed, "LOOPS_SANDBOX_RECIPIENTS")
    return Guarded(wire, (refuse_live_keys, recipients))


def _recipients(request: Request) -> list[str]:
    sent = request.json() if request.body else request.query
    return [str(sent[name]) for name in ("email", "userId") if sent.get(name)]
