"""What is made of a reply: an answer, an error that says what Loops said, or no answer."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.core import faults as f
from integrations.core.errors import (
    ConflictError,
    DuplicateRequestError,
    InvalidRequestError,
    ProviderError,
    UnavailableError,
)
from integrations.core.wire import Response
from integrations.core.workbook import Mock

LOST = [f.timeout_lost, f.reply_lost, f.truncated_lost]
NEVER = [f.rate_limited(), f.connect_failure]
FAILED = [f.status(500), f.html_502]
READS: list[Callable[[Any], Any]] = [
    lambda c: c.test_api_key(),
    lambda c: c.list_sending_ips(),
    lambda c: list(c.list_transactional_emails()),
    lambda c: c.get_suppression(email="a@acme.example"),
    lambda c: c.list_contact_properties(),
    lambda c: c.list_mailing_lists(),
]


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("fault", [*LOST, *FAILED, *NEVER])
def test_a_read_is_repeated_after_any_failure(
    lab: Mock, read: Callable[[Any], Any], fault: f.Fault
) -> None:
    lab.client.create_contact("a@acme.example")
    lab.faults.inject(fault, fault)
    assert read(lab.client)
    lab.faults.inject(fault, fault, fault)
    with pytest.raises(ProviderError) as raised:
        read(lab.client)
    assert not raised.value.outcome_unknown


@pytest.mark.parametrize(
    "reply", [b"", b"null", b"1", b'"x"', b"[1]", b"[null]", b"{}", b'{"success": 1}', b"\xff"]
)
@pytest.mark.parametrize("read", READS)
def test_a_reply_of_another_shape_is_no_answer(
    lab: Mock, read: Callable[[Any], Any], reply: bytes
) -> None:
    lab.client.create_contact("a@acme.example")
    if read is READS[1] and reply.startswith(b"["):
        return  # a list of addresses may hold anything
    lab.faults.inject(*[lambda _request, _wire: Response(200, {}, reply)] * 3)
    with pytest.raises(UnavailableError):
        read(lab.client)


def answer(lab: Mock, response: Response, times: int = 1) -> None:
    lab.faults.inject(*[lambda _request, _wire: response] * times)


@pytest.mark.parametrize(
    ("body", "message", "argument"),
    [
        ({"success": False, "message": "no good"}, "no good", None),
        ({"success": False, "message": "no good", "error": "older"}, "no good", None),
        ({"success": False, "error": "no good"}, "no good", None),
        ({"error": {"path": "email", "message": "no good"}}, "no good", "email"),
        ({"error": {"path": "email", "reason": "no good"}}, "no good", "email"),
        ({"message": "no good", "path": "email"}, "no good", "email"),
        ({"message": {"message": "no good"}}, "no good", None),
        ({"message": None, "error": None}, "HTTP 400 without a message", None),
        (["no good"], "HTTP 400 without a message", None),
        ({}, "HTTP 400 without a message", None),
    ],
)
def test_each_shape_of_a_refusal_is_read(
    lab: Mock, body: object, message: str, argument: str | None
) -> None:
    answer(lab, Response.of_json(400, body))
    with pytest.raises(InvalidRequestError) as raised:
        lab.client.create_contact("a@b.cd")
    assert raised.value.message.rstrip(".") == message
    assert (raised.value.status, raised.value.argument) == (400, argument)


def test_a_409_of_a_change_is_no_duplicate_request(lab: Mock) -> None:
    lab.client.create_contact("a@b.cd")
    with pytest.raises(ConflictError, match="already on list") as raised:
        lab.client.create_contact("a@b.cd")
    assert not isinstance(raised.value, DuplicateRequestError)


@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"success": false}', b'{"success": "true"}', b"[]"])
def test_nothing_is_reported_as_sent_that_loops_did_not_call_a_success(
    lab: Mock, status: int, body: bytes
) -> None:
    answer(lab, Response(status, {}, body), times=3)
    with pytest.raises(UnavailableError) as raised:
        lab.client.send_event("e", email="a@b.cd")
    assert raised.value.outcome_unknown
    assert lab.fake.state.events == []


@pytest.mark.parametrize("status", [200, 500])
def test_a_reply_of_great_depth_is_no_answer(lab: Mock, status: int) -> None:
    answer(lab, Response(status, {}, b"[" * 100_000), times=3)
    with pytest.raises(UnavailableError) as raised:
        lab.client.send_event("e", email="a@b.cd")
    assert raised.value.outcome_unknown
    assert "idempotency_key='key-0001'" in str(raised.value)
