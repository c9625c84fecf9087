"""The real network wire, over loopback: reuse, timeouts, and what each failure means."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError, NetworkError, UnavailableError
from integrations.core.retry import Retry
from integrations.core.serve import wsgi_app
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import FakeTwilio
from integrations.twilio.tests.conftest import ALEX, NUMBER

Connect = Callable[..., TwilioClient]


def connect(url: str, **env: str) -> TwilioClient:
    clock = ManualClock()
    given = {
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
        "TWILIO_AUTH_TOKEN": "00000000000000000000000000000002",
        "TWILIO_FROM": NUMBER,
        "TWILIO_API_BASE": url,
        **env,
    }
    retry = Retry(clock=clock, random=lambda: 0.5)
    return TwilioClient.from_env(given, mode="live", retry=retry)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[tuple[FakeTwilio, str]]:
    fake = FakeTwilio()
    server = make_server("127.0.0.1", 0, wsgi_app(fake), handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield fake, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Scripted(BaseHTTPRequestHandler):
    """Answers as ``script`` says: an HTTP answer in bytes, or nothing for a dropped connection."""

    protocol_version = "HTTP/1.1"
    script: bytes = b""
    hold: threading.Event | None = None
    accepted: ClassVar[list[int]] = []

    def setup(self) -> None:
        super().setup()
        self.accepted.append(self.connection.getsockname()[1])

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.hold:
            self.hold.wait(5)
        self.wfile.write(self.script)
        if not self.script:
            self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_args: object) -> None:
        pass


Scripted = Callable[..., str]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    servers, holds = list[ThreadingHTTPServer](), list[threading.Event]()

    def start(script: bytes, *, hold: bool = False) -> str:
        holds.append(threading.Event())
        made = type(
            "Scripted", (_Scripted,), {"script": script, "hold": holds[-1] if hold else None}
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), made)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for hold in holds:
        hold.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_message_goes_over_real_http(served: tuple[FakeTwilio, str]) -> None:
    fake, url = served
    with connect(url) as client:
        sent = client.send_message(ALEX, body="Grüße €")
        assert client.get_message(str(sent.sid)).body == "Grüße €"
        assert client.lookup_phone_number(ALEX, line_type=True).line_type == "mobile"
    assert fake.messages[0].sender == NUMBER


@pytest.mark.parametrize("code", [b"5xx", b"no reply", b"500"])
def test_a_refusal_is_judged_by_its_status_when_its_code_is_a_word(
    scripted: Scripted, code: bytes
) -> None:
    body = b'{"code": "%s", "message": "no", "status": 400}' % code
    head = (
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    url = scripted(head % len(body) + body)
    with connect(url) as client, pytest.raises(InvalidRequestError) as raised:
        client.fetch_account()
    assert not raised.value.retryable


def test_connections_are_kept(scripted: Scripted) -> None:
    body = b'{"sid": "AC1", "friendly_name": "x", "status": "active", "type": "Full"}'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    client = connect(scripted(head % len(body) + body))
    for _ in range(5):
        assert client.fetch_account().sid == "AC1"
    port = int(client.settings.api_base.rpartition(":")[2])
    assert _Scripted.accepted.count(port) == 1


def test_a_connection_that_was_never_made_is_tried_again_and_never_unknown() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(NetworkError, match="no connection") as raised:
            connect(url).send_message(ALEX, body="Hello")
    assert not raised.value.outcome_unknown


def test_a_reply_that_never_comes_ends_after_the_timeout_as_unknown(scripted: Scripted) -> None:
    client = connect(scripted(b"", hold=True), TWILIO_TIMEOUT="0.2")
    with pytest.raises(NetworkError, match="in time") as raised:
        client.send_message(ALEX, body="Hello")
    assert raised.value.outcome_unknown
    assert "look whether" in str(raised.value)


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_reply_that_breaks_off_is_unknown_and_not_repeated(
    scripted: Scripted, script: bytes
) -> None:
    client = connect(scripted(script), TWILIO_TIMEOUT="0.5")
    with pytest.raises((NetworkError, UnavailableError)) as raised:
        client.send_message(ALEX, body="Hello")
    assert raised.value.outcome_unknown


def test_a_redirect_is_not_followed(scripted: Scripted) -> None:
    elsewhere = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    moved = f"HTTP/1.1 302 Found\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n"
    with pytest.raises(Exception, match="TWILIO_API_BASE"):
        connect(scripted(moved.encode())).fetch_account()


def test_a_netrc_does_not_replace_the_credentials(
    served: tuple[FakeTwilio, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert connect(served[1]).fetch_account().status == "active"


def test_a_proxy_of_the_environment_is_used_where_it_is_meant_to_be(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    body = b'{"sid": "SM1", "status": "queued"}'
    head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    monkeypatch.setenv("http_proxy", scripted(head + body))
    client = connect("http://localhost:9")
    for _ in range(2):
        assert client.send_message(ALEX, body="Hello").sid == "SM1"
    monkeypatch.setenv("no_proxy", "localhost")
    with pytest.raises(NetworkError):
        connect("http://localhost:9").send_message(ALEX, body="Hello")


def test_the_http_library_logs_no_number(
    served: tuple[FakeTwilio, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert list(connect(served[1]).list_messages(to=ALEX)) == []
    told = [record.getMessage() for record in caplog.records]
    assert any("Messages.json" in text for text in told)
    assert not any("2025550142" in text for text in told)
