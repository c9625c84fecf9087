"""Clusters and sentinels of real servers for the suite, on free ports of this machine."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from integrations.redis.tests.servers import (
    NO_SERVER,
    RealServer,
    free_port,
    server_binary,
    start_server,
    until,
)

SLOTS = 16_384
# The shortest time after which the nodes agree that one of them is dead, and one so long that no
# slow machine is taken for a dead one.
HASTY_MS, PATIENT_MS = 400, 60_000


@dataclass
class Cluster:
    """Nodes: the primaries, which share the slots evenly, then replicas."""

    nodes: list[RealServer]
    primaries: int

    @property
    def url(self) -> str:
        """Where it is; two nodes are named, so that one may be missing."""
        named = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])
        return f"redis+cluster://{named}"

    def ask(self, index: int, *command: object) -> Any:
        """Send a command to one node."""
        with redis.Redis(port=self.nodes[index].port, socket_timeout=30) as node:
            return node.execute_command(*command)

    def id(self, index: int) -> str:
        """Return a node's name."""
        return str(self.ask(index, "CLUSTER", "MYID"), "ascii")

    def owner(self, key: str) -> int:
        """Return which of the primaries has a key, as it was at the start."""
        slot = int(self.ask(0, "CLUSTER", "KEYSLOT", key))
        return min(slot * self.primaries // SLOTS, self.primaries - 1)

    def flush(self) -> None:
        """Forget all keys."""
        for index in range(self.primaries):
            self.ask(index, "FLUSHALL")

    def whole(self, index: int) -> bool:
        """Tell whether a node finds its cluster in order."""
        info = self.ask(index, "CLUSTER", "INFO")
        text = info if isinstance(info, dict) else _fields(info)
        return bool(
            text["cluster_state"] == "ok" and int(text["cluster_known_nodes"]) == len(self.nodes)
        )

    def follows(self, index: int) -> bool:
        """Tell whether a replica has all that its primary has."""
        return bool(self.ask(index, "ROLE")[3] == b"connected")

    def give_up_after(self, milliseconds: int) -> None:
        """Let the nodes that live take a silent one for dead after this time."""
        for index, node in enumerate(self.nodes):
            if node.process.poll() is None:
                self.ask(index, "CONFIG", "SET", "cluster-node-timeout", milliseconds)

    def move_slot(self, slot: int, *, source: int, target: int) -> None:
        """Move a slot and its keys from one primary to another, as an operator would."""
        ids = {index: self.id(index) for index in (source, target)}
        self.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        self.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        while keys := self.ask(source, "CLUSTER", "GETKEYSINSLOT", slot, 100):
            port = self.nodes[target].port
            self.ask(source, "MIGRATE", "127.0.0.1", port, "", 0, 2000, "KEYS", *keys)
        for index in (target, source):
            self.ask(index, "CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def stop(self) -> None:
        """End all."""
        for node in self.nodes:
            node.stop()


def _fields(info: bytes) -> dict[str, str]:
    lines = [line.partition(":") for line in info.decode().split()]
    return {name: value for name, _, value in lines}


@contextlib.contextmanager
def running_cluster(
    binary: str, folder: Path, *, primaries: int = 3, replicas: Sequence[int] = ()
) -> Iterator[Cluster]:
    """Run a cluster; ``replicas`` names, for each replica, the primary that it follows."""
    cluster = Cluster([], primaries)
    try:
        buses = [free_port() for _ in range(primaries + len(replicas))]
        for index, bus in enumerate(buses):
            cluster.nodes.append(_start_node(binary, folder, index, bus))
        for index in range(primaries):
            first, end = (SLOTS * part // primaries for part in (index, index + 1))
            cluster.ask(index, "CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            cluster.ask(index, "CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        for index, bus in enumerate(buses[1:], start=1):
            port = cluster.nodes[index].port
            cluster.ask(0, "CLUSTER", "MEET", "127.0.0.1", port, bus)
        until(lambda: all(map(cluster.whole, range(len(cluster.nodes)))))
        for index, primary in enumerate(replicas, start=primaries):
            cluster.ask(index, "CLUSTER", "REPLICATE", cluster.id(primary))
            until(partial(cluster.follows, index))
        cluster.give_up_after(PATIENT_MS)
        until(lambda: all(map(cluster.whole, range(len(cluster.nodes)))))
        yield cluster
    finally:
        cluster.stop()


def _start_node(binary: str, folder: Path, index: int, bus: int) -> RealServer:
    options = ["--cluster-enabled", "yes", "--cluster-config-file", f"nodes-{index}.conf"]
    options += ["--cluster-node-timeout", str(HASTY_MS), "--cluster-port", str(bus)]
    # A node that is down takes its own slots with it and no others.
    options += ["--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"]
    return start_server(binary, folder, *options)


@dataclass
class Sentinel:
    """A primary with a replica, and one sentinel that watches them."""

    primary: RealServer
    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis+sentinel://127.0.0.1:{self.port}/mymaster/0"

    def hurry(self) -> None:
        """Promote the replica as soon as the primary is gone."""
        with redis.Redis(port=self.port, socket_timeout=30) as sentinel:
            sentinel.sentinel_set("mymaster", "down-after-milliseconds", HASTY_MS)


def newest(port: int) -> int:
    """Return the number of a connection that is newer than all that there were."""
    with redis.Redis(port=port) as plain:
        return int(plain.client_id())


def newer(port: int, than: int) -> int:
    """Return how many connections there are that are newer, without that which asks."""
    with redis.Redis(port=port) as plain:
        own, listed = int(plain.client_id()), plain.client_list(_type="normal")
        return sum(int(each["id"]) > than and int(each["id"]) != own for each in listed)


def copied(port: int, key: str) -> bool:
    """Write a mark, and tell whether it and all that was written before reached a replica."""
    with redis.Redis(port=port) as plain:
        # WAIT asks for what its own connection has written; without that, it asks for nothing.
        plain.set(key, "mark")
        return bool(plain.wait(1, 30_000) == 1)


@contextlib.contextmanager
def running_sentinel(binary: str, folder: Path) -> Iterator[Sentinel]:
    """Run a sentinel; :meth:`Sentinel.hurry` lets it promote the replica of a dead primary."""
    with contextlib.ExitStack() as stack:
        primary = start_server(binary, folder, "--repl-diskless-sync-delay", "0")
        stack.callback(primary.stop)
        replica = start_server(binary, folder, "--replicaof", "127.0.0.1", str(primary.port))
        stack.callback(replica.stop)
        port = free_port()
        watched = f"mymaster 127.0.0.1 {primary.port} 1"
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nsentinel monitor {watched}\n"
            f"sentinel down-after-milliseconds mymaster {PATIENT_MS}\n"
            "sentinel failover-timeout mymaster 2000\n"
        )
        command = [binary, str(config), "--sentinel", "--dir", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(RealServer(port, process).stop)
        with redis.Redis(port=port, socket_timeout=30) as probe:
            until(lambda: probe.sentinel_slaves("mymaster"))
        yield Sentinel(primary, port)


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster of three primaries, for the whole run."""
    binary = server_binary()
    if binary is None:
        pytest.skip(NO_SERVER)
    with running_cluster(binary, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
