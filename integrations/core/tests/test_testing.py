"""The fixtures that users get, tried by a test of a user's own."""

from importlib.metadata import entry_points
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.netguard import NetworkBlockedError
from integrations.core.outbox import Outbox
from integrations.core.registry import discover

pytest_plugins = ["pytester"]


def test_the_plugin_is_found_by_its_entry_point() -> None:
    found = [each for each in entry_points(group="pytest11") if each.name == "integrations"]
    assert [each.value for each in found] == ["integrations.core.testing"]


def test_the_parts_of_a_test_belong_together(
    loops_client: Any, fake_loops: Any, outbox: Outbox, frozen_clock: ManualClock
) -> None:
    before = frozen_clock.time()
    loops_client.test_api_key()
    assert len(fake_loops.requests) == len(outbox) == 1
    assert outbox.last.at == before
    assert loops_client.clock is frozen_clock


@pytest.mark.parametrize("name", discover())
def test_every_integration_has_its_fixtures(name: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(f"{name}_client")
    assert client.mode == "mock"
    assert request.getfixturevalue(f"fake_{name}") is request.getfixturevalue(f"mock_{name}").fake


def test_nothing_leaves_the_machine(no_network: None) -> None:
    import socket

    with pytest.raises(NetworkBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=0.01)


def test_a_users_own_test_file_needs_no_set_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_reset(loops_client, fake_loops, frozen_clock, outbox):
            loops_client.send_transactional(
                "alex@example.com",
                transactional_id="clpasswordreset01",
                data_variables={"resetUrl": "https://app.example.com/r/1"},
            )
            assert [email.to for email in fake_loops.emails] == ["alex@example.com"]
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
