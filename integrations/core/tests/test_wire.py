import contextlib
import logging
import threading
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core import faults
from integrations.core.clock import ManualClock
from integrations.core.errors import GuardError
from integrations.core.faults import FaultInjector
from integrations.core.log import (
    REDACTED,
    get_logger,
    log_event,
    redact_http_library_logs,
    redact_url,
)
from integrations.core.outbox import Outbox, Recorder
from integrations.core.serve import wsgi_app
from integrations.core.views import rows, sequence
from integrations.core.wire import (
    ConnectFailedError,
    Guarded,
    RecipientGuard,
    ReplyLostError,
    Request,
    Response,
    dry_run,
)


class Echo:
    def __init__(self) -> None:
        self.seen: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.seen.append(request)
        return Response.of_json(200, {"success": True})


POST = Request(
    "POST",
    "https://api.test/v1/x?email=hush%40x.test",
    {"Authorization": "Bearer hush", "Idempotency-Key": "k1"},
    b'{"email": "a@b.test", "resetUrl": "https://x.test/hush"}',
)


def test_header_names_are_lower_case_and_frozen() -> None:
    assert POST.headers["idempotency-key"] == "k1"
    with pytest.raises(TypeError):
        POST.headers["x"] = "y"  # type: ignore[index]


def test_no_view_of_a_request_shows_a_secret() -> None:
    outbox = Outbox()
    Recorder(Echo(), outbox, ManualClock())(POST)
    shown = [repr(POST), POST._repr_html_(), outbox._repr_html_(), repr(outbox)]
    shown += [outbox.last._repr_html_(), repr(outbox.last), str(outbox.last.request.headers)]
    assert not any("hush" in text for text in shown)
    assert "k1" in outbox._repr_html_()


@pytest.mark.parametrize(
    ("fault", "effects"),
    [
        (faults.rate_limited(), 0),
        (faults.html_502, 0),
        (faults.connect_failure, 0),
        (faults.timeout_lost, 1),
        (faults.reply_lost, 1),
        (faults.truncated_lost, 1),
    ],
)
def test_a_fault_happens_once_and_only_lost_ones_let_the_effect_happen(
    fault: faults.Fault, effects: int
) -> None:
    echo = Echo()
    broken = FaultInjector(echo)
    broken.inject(fault)
    assert broken.pending == 1
    whole = Response.of_json(200, {"success": True})
    with contextlib.suppress(ReplyLostError if effects else ConnectFailedError):
        assert broken(POST) != whole
    assert len(echo.seen) == effects
    assert broken(POST).status == 200


def test_the_recorder_keeps_what_was_not_sent_and_what_got_lost() -> None:
    outbox = Outbox()
    Recorder(dry_run, outbox, ManualClock(), dry=True)(POST)
    broken = FaultInjector(Echo())
    broken.inject(faults.reply_lost)
    with pytest.raises(ReplyLostError):
        Recorder(broken, outbox, ManualClock())(POST)
    assert [each.outcome for each in outbox] == ["not sent", "ReplyLost"]
    assert all(each.response is None for each in outbox)


def test_an_outbox_keeps_the_newest_and_is_safe_in_threads() -> None:
    outbox = Outbox(limit=50)
    recorder = Recorder(Echo(), outbox, ManualClock())
    threads = [
        threading.Thread(target=lambda: [recorder(POST) for _ in range(20)]) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outbox) == 50
    outbox.clear()
    with pytest.raises(LookupError, match="empty"):
        _ = outbox.last


@pytest.mark.parametrize("who", ["a@ok.test", "A@OK.TEST", "me@one.test", "user-1"])
def test_the_allow_list_lets_its_own_pass(who: str) -> None:
    guard = RecipientGuard(lambda _: [who], ("@ok.test", "me@one.test", "user-1"), "X")
    assert Guarded(Echo(), (guard,))(POST).status == 200


@pytest.mark.parametrize("who", ["a@no.test", "a@ok.test.evil", "b@one.test", "user-2", "ok.test"])
def test_the_allow_list_stops_everybody_else_before_the_wire(who: str) -> None:
    echo = Echo()
    guard = RecipientGuard(lambda _: [who], ("@ok.test", "me@one.test", "user-1"), "THE_SETTING")
    with pytest.raises(GuardError, match="THE_SETTING"):
        Guarded(echo, (guard,))(POST)
    assert echo.seen == []


def test_only_known_fields_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_event(get_logger("toy"), logging.INFO, "call", status=200, code="hush", link="hush")
    record = caplog.records[0]
    assert record.getMessage() == f"call status=200 code={REDACTED} link={REDACTED}"
    assert "hush" not in str(vars(record))


@given(st.text("abcXYZ09-_", min_size=8, max_size=20))
def test_a_url_loses_user_query_and_fragment(secret: str) -> None:
    secret = f"~{secret}~"
    url = f"https://user:{secret}@api.test/path?token={secret}&b={secret}#{secret}"
    shown = redact_url(url)
    assert secret not in shown
    assert shown.startswith("https://api.test/path?token=")


def test_the_http_librarys_log_has_no_query(caplog: pytest.LogCaptureFixture) -> None:
    redact_http_library_logs()
    redact_http_library_logs()
    logger = logging.getLogger("httpx")
    assert len(logger.filters) == 1
    caplog.set_level(logging.INFO)
    logger.info("HTTP Request: %s %s %d", "GET", "https://a.test/find?email=hush@x.test", 200)
    assert "hush" not in caplog.text
    assert "https://a.test/find" in caplog.text


@given(st.text(min_size=1))
def test_what_comes_from_outside_is_escaped(text: str) -> None:
    shown = rows(("a",), [(f"<script>{text}",)]).html
    assert "<script>" not in shown


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=40))
def test_a_diagram_is_valid_xml(text: str) -> None:
    ET.fromstring(sequence(["a", "b"], [("a", "b", text), ("b", "b", text)]).html)  # noqa: S314  # our own text


def test_a_wire_can_be_served_over_http() -> None:
    import io

    echo, answer = Echo(), list[str]()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/ü".encode().decode("latin-1"),
        "QUERY_STRING": "a=1",
        "HTTP_HOST": "localhost:1",
        "HTTP_IDEMPOTENCY_KEY": "k",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
    }
    body = wsgi_app(echo)(environ, lambda status, headers: answer.append(status))
    assert (answer, b"".join(body)) == (["200 OK"], b'{"success": true}')
    assert echo.seen[0].path == "/v1/%C3%BC"
    assert echo.seen[0].headers["idempotency-key"] == "k"
    assert echo.seen[0].body == b"{}"
