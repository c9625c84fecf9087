"""The network is there when it is needed, and not before."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from integrations.core.http import Network
from integrations.core.wire import ConnectFailedError, Request


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def test_nothing_is_opened_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    real = httpx.Client

    def client(**options: float) -> httpx.Client:
        opened.append(options)
        return real(timeout=options["timeout"])

    monkeypatch.setattr(httpx, "Client", client)
    network = Network(2.0)
    assert opened == []
    for _ in range(2):
        with pytest.raises(ConnectFailedError):
            network(Request("GET", "http://127.0.0.1:1/"))
    assert opened == [{"timeout": 2.0}]
    network.close()


def test_it_sends_and_nothing_goes_out_once_it_is_closed() -> None:
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        network = Network(2.0)
        request = Request("GET", f"http://127.0.0.1:{server.server_port}/")
        assert network(request).body == b"hello"
        thread.join()
        network.close()
        with pytest.raises(RuntimeError, match="closed"):
            network(request)


def test_one_that_was_never_used_is_closed_too() -> None:
    network = Network(2.0)
    network.close()
    with pytest.raises(RuntimeError, match="closed"):
        network(Request("GET", "http://127.0.0.1:1/"))
