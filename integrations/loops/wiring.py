"""Which pieces stand on the wire in which mode."""

import httpx

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.http import Network, WireTransport
from integrations.core.outbox import Outbox
from integrations.core.wire import RecipientGuard, Request, Wire
from integrations.core.wiring import wire_for
from integrations.loops.settings import LoopsSettings


def open_http(
    settings: LoopsSettings, wire: Wire | None, outbox: Outbox, clock: Clock
) -> httpx.Client:
    """Return an httpx client whose requests go where the mode says."""
    key = settings.api_key.reveal() or "debug-mode-has-no-key"
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
    if settings.mode is Mode.LIVE and wire is None:
        # httpx's own transport, which honours the environment's proxies.
        return httpx.Client(timeout=settings.timeout, headers=headers)
    network = Network(settings.timeout)
    allowed = settings.sandbox_recipients
    chosen = wire_for(
        settings.mode,
        given=wire,
        network=network,
        outbox=outbox,
        clock=clock,
        rules=[RecipientGuard(_recipients, allowed, "LOOPS_SANDBOX_RECIPIENTS")],
    )
    transport = WireTransport(chosen, on_close=network.close)
    return httpx.Client(transport=transport, timeout=settings.timeout, headers=headers)


def _recipients(request: Request) -> list[str]:
    sent = request.json() if request.body else request.query
    return [str(sent[name]) for name in ("email", "userId") if sent.get(name)]
