import pytest

from integrations.core import faults
from integrations.core.faults import Fault, FaultInjector
from integrations.core.wire import (
    ConnectFailedError,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
)

GET = Request("GET", "https://api.test/v1/x")
WHOLE = Response.of_json(200, {"success": True})


class Service:
    """Counts what took effect."""

    def __init__(self) -> None:
        self.effects = 0

    def __call__(self, request: Request) -> Response:
        self.effects += 1
        return WHOLE


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.connect_failure, ConnectFailedError),
        (faults.timeout_lost, ReplyTimeoutError),
        (faults.reply_lost, ReplyLostError),
    ],
)
def test_a_lost_reply_lets_the_effect_happen_and_a_failed_connection_does_not(
    fault: Fault, error: type[Exception]
) -> None:
    service = Service()
    wire = FaultInjector(service)
    wire.inject(fault)
    with pytest.raises(error):
        wire(GET)
    assert service.effects == (0 if error is ConnectFailedError else 1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.status(500), 500),
        (faults.status(503, "closed", retry_after="3"), 503),
        (faults.rate_limited(), 429),
        (faults.html_502, 502),
    ],
)
def test_an_answered_fault_has_no_effect(fault: Fault, status: int) -> None:
    service = Service()
    wire = FaultInjector(service)
    wire.inject(fault)
    assert wire(GET).status == status
    assert service.effects == 0


def test_a_truncated_reply_took_effect_and_cannot_be_read() -> None:
    service = Service()
    reply = faults.truncated_lost(GET, service)
    assert service.effects == 1
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"[Uu]nterminated|Expecting"):
        reply.json()


def test_a_status_says_what_it_was_told_to() -> None:
    reply = faults.status(503, "closed", retry_after="3")(GET, Service())
    assert reply.json() == {"success": False, "message": "closed"}
    assert reply.headers["retry-after"] == "3"
    assert faults.status(500)(GET, Service()).json()["message"] == "Injected 500"
    assert "retry-after" not in faults.rate_limited()(GET, Service()).headers
    assert faults.rate_limited("7")(GET, Service()).headers["retry-after"] == "7"


def test_a_proxy_answers_in_html() -> None:
    reply = faults.html_502(GET, Service())
    assert reply.headers["content-type"] == "text/html"
    assert reply.body.startswith(b"<html>")


def test_faults_happen_in_order_one_request_each_and_then_no_more() -> None:
    service = Service()
    wire = FaultInjector(service)
    wire.inject(faults.status(500), faults.rate_limited())
    wire.inject(faults.html_502)
    assert wire.pending == 3
    assert [wire(GET).status for _ in range(5)] == [500, 429, 502, 200, 200]
    assert (wire.pending, service.effects) == (0, 2)


def test_without_faults_the_wire_is_transparent() -> None:
    assert FaultInjector(Service())(GET) is WHOLE
