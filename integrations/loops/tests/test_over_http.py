"""Sandbox and live mode over real HTTP, to a served fake on this machine."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import ConfigurationError, GuardError, NetworkError
from integrations.core.retry import Retry
from integrations.core.wire import Request
from integrations.loops.client import LoopsClient
from integrations.loops.fake import FakeLoops

RESET = {"transactional_id": "clpasswordreset01", "data_variables": {"resetUrl": "https://x.test"}}
KEY = "loopsmockkey0001"


class Served:
    """A fake Loops on a port, which counts its connections."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.fake = FakeLoops(clock=self.clock, api_key=KEY)
        self.connections = 0
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                served.connections += 1
                super().setup()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                url = f"http://localhost{self.path}"
                served.clock.advance(1)
                response = served.fake(Request(self.command, url, dict(self.headers), body))
                self.send_response(response.status)
                self.send_header("content-length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # the base's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"

    def client(self, mode: str, **env: str) -> LoopsClient:
        given = {"LOOPS_API_KEY": KEY, "LOOPS_BASE_URL": self.url, **env}
        return LoopsClient.from_env(given, mode=mode, retry=Retry(clock=ManualClock()))


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.mark.parametrize("mode", ["sandbox", "live"])
def test_calls_go_over_http_and_keep_their_connection(served: Served, mode: str) -> None:
    with served.client(mode) as client:
        assert client.test_api_key().team_name == "Example Team"
        assert client.send_transactional("a@example.com", **RESET).sent  # type: ignore[arg-type]
        assert client.find_contact(email="a@example.com") is None
        assert len(client.outbox) == (3 if mode == "sandbox" else 0)
    assert served.connections == 1
    assert len(served.fake.emails) == 1


def test_one_client_serves_twenty_threads(served: Served) -> None:
    def send(number: int) -> bool:
        return client.send_transactional(f"n{number}@example.com", **RESET).sent  # type: ignore[arg-type]

    with served.client("live") as client, ThreadPoolExecutor(20) as pool:
        assert all(pool.map(send, range(100)))
    assert len({email.to for email in served.fake.emails}) == 100


def test_sandbox_mode_lets_nothing_through_to_strangers(served: Served) -> None:
    with served.client("sandbox", LOOPS_SANDBOX_RECIPIENTS="@example.com,user-1") as client:
        client.update_contact(user_id="user-1")
        for call in (
            lambda: client.send_transactional("a@acme.example", **RESET),  # type: ignore[arg-type]
            lambda: client.find_contact(email="a@acme.example"),
            lambda: client.delete_contact(user_id="user-2"),
            lambda: client.remove_suppression(email="a@acme.example"),
        ):
            with pytest.raises(GuardError, match="LOOPS_SANDBOX_RECIPIENTS"):
                call()
    assert len(served.fake.requests) == 1


def test_another_services_live_key_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="another service's key") as raised:
        LoopsClient.from_env({"LOOPS_API_KEY": "sk_live_hushhush"}, mode="sandbox")
    assert "hushhush" not in str(raised.value)


def test_nobody_at_home_is_a_network_error_that_is_sure_nothing_happened(served: Served) -> None:
    client = served.client("live", LOOPS_BASE_URL="http://127.0.0.1:9/api")
    with pytest.raises(NetworkError, match="no connection") as raised:
        client.send_transactional("a@example.com", **RESET)  # type: ignore[arg-type]
    assert not raised.value.outcome_unknown


def test_no_log_of_any_library_shows_the_key_or_the_address(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with served.client("live") as client:
        client.find_contact(email="hush@example.com")
    assert "HTTP Request" in caplog.text
    assert KEY not in caplog.text
    assert "hush" not in caplog.text


def test_a_base_url_may_end_in_v1(served: Served) -> None:
    with served.client("live", LOOPS_BASE_URL=f"{served.url}/v1/") as client:
        client.test_api_key()
    assert served.fake.requests[0].path == "/api/v1/api-key"
