"""How a body stands on the wire: as JSON, or as a form."""

from collections.abc import Mapping

import httpx
import pytest

from integrations.core.clock import ManualClock
from integrations.core.config import Mode
from integrations.core.http import WireTransport
from integrations.core.json_api import ErrorTable, JsonApi
from integrations.core.retry import Retry
from integrations.core.wire import Request, Response

NOTE = {"to": "kim@example.com", "text": "50 % & more"}


def sent(*, form: bool, body: Mapping[str, str] | None) -> Request:
    """Make one change and return the request as it left."""
    seen: list[Request] = []

    def wire(request: Request) -> Response:
        seen.append(request)
        return Response.of_json(200, {"id": "n1"})

    clock = ManualClock()
    errors = ErrorTable("acme", (), lambda _: ("", None))
    with httpx.Client(transport=WireTransport(wire)) as http:
        api = JsonApi(
            http,
            errors,
            mode=Mode.MOCK,
            base_url="https://api.test",
            clock=clock,
            retry=Retry(clock=clock),
            form=form,
        )
        assert api.change("POST", "/notes", lambda raw: raw["id"], body=body) == "n1"
    return seen[0]


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        (False, "application/json", b'{"to":"kim@example.com","text":"50 % & more"}'),
        (True, "application/x-www-form-urlencoded", b"to=kim%40example.com&text=50+%25+%26+more"),
    ],
)
def test_a_body_is_json_or_a_form(form: bool, kind: str, body: bytes) -> None:
    request = sent(form=form, body=NOTE)
    assert (request.headers["content-type"], request.body) == (kind, body)


@pytest.mark.parametrize("form", [False, True])
def test_without_a_body_nothing_is_sent_in_either(form: bool) -> None:
    request = sent(form=form, body=None)
    assert request.body == b""
    assert "content-type" not in request.headers
