"""Which pieces stand on a client's wire in which mode."""

from collections.abc import Sequence

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.outbox import Outbox, Recorder
from integrations.core.wire import Guarded, Rule, Wire, dry_run, refuse_live_keys


def wire_for(
    mode: Mode,
    *,
    given: Wire | None,
    network: Wire,
    outbox: Outbox,
    clock: Clock,
    rules: Sequence[Rule] = (),
) -> Wire:
    """Return what a client of ``mode`` sends its requests over.

    Args:
        mode: the client's mode.
        given: stands in for the network, or for the fake in mock mode. Debug mode ignores it.
        network: the end of the wire in sandbox and live mode.
        outbox: where exchanges are kept, in every mode but live.
        clock: tells the outbox when.
        rules: what sandbox mode refuses, besides live keys.

    Raises:
        TypeError: mock mode without a fake.
    """
    if mode is Mode.LIVE:
        return given or network
    if mode is Mode.DEBUG:
        return Recorder(dry_run, outbox, clock, dry=True)
    if mode is Mode.MOCK:
        if given is None:
            raise TypeError("wire: mock mode needs a fake; from_env makes one")
        return Recorder(given, outbox, clock)
    return Guarded(Recorder(given or network, outbox, clock), (refuse_live_keys, *rules))
