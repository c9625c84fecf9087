"""The fixtures that users get, tried by a test of a user's own."""

import subprocess
import sys
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


def test_pytest_tells_what_each_fixture_is(pytester: pytest.Pytester) -> None:
    told = pytester.runpytest_subprocess("--fixtures", "-q").stdout.str()
    for each in discover().values():
        assert f"Return the real client of {each.title}, on ``fake_{each.name}``." in told
        for name in (f"mock_{each.name}", f"fake_{each.name}"):
            assert f"\n{name} -- " in told
    ours = told.partition("fixtures defined from integrations.core.testing")[2]
    assert "no docstring available" not in ours.partition("fixtures defined from")[0]


def test_a_run_that_uses_none_of_it_does_not_load_what_sends_and_retries() -> None:
    code = "import pytest, sys, integrations.core.testing; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tenacity", "httpx", "integrations.core.workbook"} & set(run.stdout.split())


@pytest.mark.parametrize(
    ("name", "package", "extras"),
    [
        ("loops", "httpx", "loops"),
        ("loops", "standardwebhooks", "loops"),
        ("s3", "moto", "s3,fakes"),
        ("redis", "fakeredis", "redis,fakes"),
    ],
)
@pytest.mark.parametrize("use", ["fixture", "connect"])
def test_what_is_not_installed_is_named_with_the_extras_that_help(
    name: str, package: str, extras: str, use: str
) -> None:
    made = {"fixture": "Workbook(Mode.MOCK, {}).mock", "connect": "partial(connect, mode='mock')"}
    code = f"""
import sys
sys.modules[{package!r}] = None
from functools import partial
from integrations import connect
from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError
from integrations.core.workbook import Workbook
try:
    {made[use]}({name!r})
except ConfigurationError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{package!r}" in run.stdout
    assert f"integrations-workbook[{extras}]" in run.stdout
