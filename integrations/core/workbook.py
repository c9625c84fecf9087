"""What a notebook needs before its first call: settings, a mode, a clock, and no network."""

import inspect
import itertools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.config import REAL, Mode, read_env, resolve_mode
from integrations.core.faults import FaultInjector
from integrations.core.outbox import Outbox
from integrations.core.registry import find
from integrations.core.retry import Retry
from integrations.core.wire import Request, Response, Wire

# What a request over the internet takes; it makes the times in an outbox look like life.
LATENCY_S = 0.12


@dataclass(frozen=True)
class Mock:
    """An integration in mock mode, with everything that can be turned and looked at.

    Attributes:
        client: the real client.
        fake: the service it talks to.
        faults: stands between them; ``faults.inject(...)`` breaks the next requests.
        outbox: what went over the wire.
        clock: stands still until somebody waits or ``clock.advance(seconds)`` is called.
    """

    client: Any
    fake: Any
    faults: FaultInjector
    outbox: Outbox
    clock: ManualClock

    def settings(self) -> Any:
        """Return the client's settings."""
        return self.client.settings


@dataclass(frozen=True)
class Workbook:
    """The mode and the environment of a notebook."""

    mode: Mode
    env: Mapping[str, str]

    def connect(self, name: str) -> Any:
        """Return a client in the notebook's mode; in mock mode, one of :meth:`mock`."""
        if self.mode is Mode.MOCK:
            return self.mock(name).client
        return find(name).client_class().from_env(self.env, mode=self.mode)

    def mock(
        self,
        name: str,
        *,
        clock: ManualClock | None = None,
        outbox: Outbox | None = None,
        latency_s: float = LATENCY_S,
    ) -> Mock:
        """Return an integration in mock mode, whatever the notebook's mode is.

        Args:
            name: the integration.
            clock: a clock to share with others; one of its own when None.
            outbox: an outbox to share with others; one of its own when None.
            latency_s: what each request takes, on that clock.
        """
        manifest = find(name)
        clock = clock or ManualClock()
        # An empty outbox is falsy.
        outbox = Outbox() if outbox is None else outbox
        fake = manifest.fake_class()(clock=clock)
        faults = FaultInjector(_slow(fake, clock, latency_s))
        build = manifest.client_class().from_env
        parts = {
            "wire": faults,
            "fake": fake,
            "clock": clock,
            "outbox": outbox,
            "new_id": counted(),
            "retry": Retry(clock=clock, random=lambda: 0.5),
        }
        # A client takes what its protocol has a use for: Redis has no wire, S3 no ids.
        taken = inspect.signature(build).parameters
        client = build({}, mode="mock", **{name: parts[name] for name in parts if name in taken})
        return Mock(client, fake, faults, outbox, clock)


def begin() -> Workbook:
    """Start a notebook.

    The mode is mock, and the network is blocked, unless ``INTEGRATIONS_MODE`` is set before
    Jupyter starts: then your ``.env`` is read as well, for example by
    ``INTEGRATIONS_MODE=sandbox make lab``.
    """
    if not os.environ.get("INTEGRATIONS_MODE"):
        workbook = Workbook(Mode.MOCK, {})
    else:
        env = read_env(_nearest_env())
        workbook = Workbook(resolve_mode("workbook", None, env), env)
    if workbook.mode not in REAL:
        from integrations.core.netguard import block_network

        block_network()
    return workbook


def counted(prefix: str = "key") -> Callable[[], str]:
    """Return a maker of ids that counts, so that a page reads the same each time."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):04d}"


def _slow(wire: Wire, clock: ManualClock, seconds: float) -> Wire:
    def slow(request: Request) -> Response:
        clock.advance(seconds)
        return wire(request)

    return slow


def _nearest_env() -> str:
    # A kernel runs in the notebook's folder; the file lies beside the Makefile.
    return next((path for path in (".env", "../.env") if os.path.isfile(path)), ".env")  # noqa: PTH113
