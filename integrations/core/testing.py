"""pytest fixtures for your own tests, found as soon as the package is installed.

=====================  =========================================================================
``frozen_clock``       a :class:`~integrations.core.clock.ManualClock`: it moves when told to
``outbox``             what the clients of this test sent, or would have sent
``mock_<name>``        an integration in mock mode: client, fake, faults, outbox and clock
``fake_<name>``        its fake, such as ``fake_loops``
``<name>_client``      the real client on that fake, such as ``loops_client``
``no_network``         refuse every connection that would leave this machine
=====================  =========================================================================

All of a test's fixtures share one clock and one outbox. Nothing is patched: pass the client to the
code that you test.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.config import Mode
from integrations.core.netguard import block_network, is_blocked, unblock_network
from integrations.core.outbox import Outbox
from integrations.core.registry import Integration, discover

if TYPE_CHECKING:
    from integrations.core.workbook import Mock


@pytest.fixture
def frozen_clock() -> ManualClock:
    """Return a clock that stands still until somebody sleeps on it or advances it."""
    return ManualClock()


@pytest.fixture
def outbox() -> Outbox:
    """Return the outbox that the clients of this test share."""
    return Outbox()


@pytest.fixture
def no_network() -> Iterator[None]:
    """Refuse every connection that would leave this machine, for one test."""
    before = is_blocked()
    block_network()
    yield
    if not before:
        unblock_network()


def _mock(name: str) -> "Callable[..., Mock]":
    def mock(frozen_clock: ManualClock, outbox: Outbox) -> "Mock":
        # Every run of pytest loads this file: what only these fixtures need waits for them.
        from integrations.core.workbook import Workbook

        workbook = Workbook(Mode.MOCK, {})
        return workbook.mock(name, clock=frozen_clock, outbox=outbox, latency_s=0)

    return mock


def _part(name: str, part: str) -> Callable[..., Any]:
    def taken(request: pytest.FixtureRequest) -> Any:
        return getattr(request.getfixturevalue(f"mock_{name}"), part)

    return taken


def _fixtures(each: Integration) -> dict[str, Any]:
    name, title = each.name, each.title
    made = {f"mock_{name}": _mock(name)}
    made |= {f"fake_{name}": _part(name, "fake"), f"{name}_client": _part(name, "client")}
    told = (
        f"Return {title} in mock mode: client, fake, faults, outbox and clock.",
        f"Return the fake of {title} that ``{name}_client`` talks to.",
        f"Return the real client of {title}, on ``fake_{name}``.",
    )
    for function, text in zip(made.values(), told, strict=True):
        function.__doc__ = text
    return {key: pytest.fixture(function, name=key) for key, function in made.items()}


for _each in discover().values():
    globals().update(_fixtures(_each))
