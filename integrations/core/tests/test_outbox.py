import threading

import pytest

from integrations.core.clock import ManualClock
from integrations.core.log import REDACTED
from integrations.core.outbox import Outbox, Recorder
from integrations.core.wire import (
    ConnectFailedError,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    WireError,
    dry_run,
)

POST = Request(
    "POST",
    "https://user:hush@api.test/v1/x?email=hush%40x.test",
    {"Authorization": "Bearer hush", "X-Custom": "hush", "Idempotency-Key": "k1"},
    b'{"email": "a@b.test", "resetUrl": "https://x.test/hush", "data": {"loginCode": 9944}}',
)


def answer(request: Request) -> Response:
    assert request.headers["authorization"] == "Bearer hush"
    return Response.of_json(200, {"magicLink": "https://x.test/hush"}, {"Set-Cookie": "s=hush"})


def lose(error: Exception) -> Outbox:
    def wire(request: Request) -> Response:
        raise error

    outbox = Outbox()
    with pytest.raises(type(error)) as raised:
        Recorder(wire, outbox, ManualClock())(POST)
    assert raised.value is error
    return outbox


def test_secret_headers_reach_the_wire_and_are_replaced_where_they_are_kept() -> None:
    outbox = Outbox()
    assert Recorder(answer, outbox, ManualClock(7.0))(POST).status == 200
    assert outbox.last.request.headers == {
        "authorization": REDACTED,
        "x-custom": REDACTED,
        "idempotency-key": "k1",
    }
    assert (outbox.last.at, outbox.last.outcome) == (7.0, "200")
    assert outbox.last.request.body == POST.body


def test_a_dry_run_is_recorded_as_not_sent_and_has_no_response() -> None:
    outbox = Outbox()
    Recorder(dry_run, outbox, ManualClock(), dry=True)(POST)
    assert (outbox.last.outcome, outbox.last.response) == ("not sent", None)
    assert "not sent" in outbox.last._repr_html_()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ReplyLostError("gone"), "ReplyLost"),
        (ReplyTimeoutError("late"), "ReplyTimeout"),
        (ConnectFailedError("refused"), "ConnectFailed"),
    ],
)
def test_a_request_without_a_reply_is_recorded_too(error: WireError, outcome: str) -> None:
    outbox = lose(error)
    assert (outbox.last.outcome, outbox.last.response) == (outcome, None)


def test_whatever_else_goes_wrong_is_recorded_too() -> None:
    assert lose(RuntimeError("blocked")).last.outcome == "Runtime"


def test_no_view_shows_a_secret() -> None:
    outbox = Outbox()
    Recorder(answer, outbox, ManualClock())(POST)
    last = outbox.last
    shown = [repr(outbox), outbox._repr_html_(), repr(last), last._repr_html_()]
    shown += [repr(last.request), repr(last.response), last.request._repr_html_()]
    assert not [text for text in shown if "hush" in text or "9944" in text]
    assert "k1" in outbox._repr_html_()
    assert "a@b.test" in outbox._repr_html_().replace("<wbr>", "")


def test_the_newest_are_kept() -> None:
    outbox = Outbox(limit=2)
    clock = ManualClock(0.0)
    recorder = Recorder(answer, outbox, clock)
    for _ in range(3):
        recorder(POST)
        clock.advance(1)
    assert [each.at for each in outbox] == [1.0, 2.0]
    assert len(outbox) == 2


def test_an_empty_outbox_says_so() -> None:
    outbox = Outbox()
    Recorder(answer, outbox, ManualClock())(POST)
    outbox.clear()
    with pytest.raises(LookupError, match="empty"):
        _ = outbox.last


def test_walking_over_it_is_undisturbed_by_what_is_added_meanwhile() -> None:
    outbox = Outbox()
    recorder = Recorder(answer, outbox, ManualClock())
    recorder(POST)
    for _ in outbox:
        recorder(POST)
    assert len(outbox) == 2


def test_threads_lose_no_exchange() -> None:
    outbox = Outbox()
    recorder = Recorder(answer, outbox, ManualClock())
    barrier = threading.Barrier(8)

    def send() -> None:
        barrier.wait()
        for _ in range(50):
            recorder(POST)
            assert list(outbox)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outbox) == 400
