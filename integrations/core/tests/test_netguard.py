import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.core.netguard import NetworkBlockedError, block_network, unblock_network

FAR = ("192.0.2.1", 80)


def _with(use: Callable[[socket.socket], object], kind: int = socket.SOCK_DGRAM) -> object:
    with socket.socket(socket.AF_INET, kind) as out:
        return use(out)


ATTEMPTS: list[Callable[[], object]] = [
    lambda: socket.create_connection(FAR),
    lambda: _with(lambda out: out.connect_ex(FAR), socket.SOCK_STREAM),
    lambda: _with(lambda out: out.sendto(b"x", FAR)),
    lambda: _with(lambda out: out.sendto(b"x", 0, FAR)),
    lambda: _with(lambda out: out.sendmsg([b"x"], [], 0, FAR)),
    lambda: asyncio.run(asyncio.open_connection(*FAR)),
]


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    block_network()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_every_way_to_another_machine_is_refused_and_names_it(
    attempt: Callable[[], object],
) -> None:
    with pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1(:80)?"):
        attempt()


@pytest.mark.parametrize("host", ["2001:db8::1", "::ffff:192.0.2.1", "169.254.169.254"])
def test_an_address_of_any_family_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as out, pytest.raises(NetworkBlockedError, match=host):
        out.connect((host, 443))


def test_names_are_not_looked_up() -> None:
    for look_up in (socket.gethostbyname, socket.gethostbyname_ex):
        with pytest.raises(NetworkBlockedError, match=r"api\.test"):
            look_up("api.test")
    for host in ("api.test", b"api.test", "localhost.api.test"):
        with pytest.raises(NetworkBlockedError, match=r"api\.test:443"):
            socket.getaddrinfo(host, 443)


def test_a_refusal_is_no_ordinary_failure() -> None:
    assert not issubclass(NetworkBlockedError, OSError)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection((host, port), timeout=5).close()
        assert socket.gethostbyname(host) == "127.0.0.1"


def test_a_datagram_stays_on_this_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        two.bind(("127.0.0.1", 0))
        assert one.sendto(b"x", two.getsockname()) == 1
        assert one.sendmsg([b"x"], [], 0, two.getsockname()) == 1


def test_a_unix_socket_passes(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


@pytest.mark.usefixtures("restored")
def test_even_this_machine_is_out_of_reach_when_asked_for() -> None:
    block_network(allow_loopback=False)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket() as out,
        pytest.raises(NetworkBlockedError, match=r"127\.0\.0\.1"),
    ):
        out.connect(server.getsockname())


@pytest.mark.usefixtures("restored")
def test_unblocking_puts_everything_back_however_often_it_was_blocked() -> None:
    unblock_network()
    before = (socket.socket.connect, socket.socket.sendmsg, socket.getaddrinfo)
    block_network()
    block_network()
    assert socket.getaddrinfo is not before[2]
    unblock_network()
    unblock_network()
    assert (socket.socket.connect, socket.socket.sendmsg, socket.getaddrinfo) == before
