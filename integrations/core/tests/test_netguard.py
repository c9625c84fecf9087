import socket

import pytest

from integrations.core.netguard import NetworkBlockedError


def test_another_machine_is_out_of_reach() -> None:
    with socket.socket() as out, pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"):
        out.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkBlockedError, match=r"api\.test"):
        socket.getaddrinfo("api.test", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
