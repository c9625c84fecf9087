"""The fake refuses as Loops does: each shape, each status."""

import json
from typing import Any

import pytest

from integrations.core.errors import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    ProviderError,
)
from integrations.core.wire import Request, Response
from integrations.loops.fake import FakeLoops
from integrations.loops.models import Attachment

BASE = "https://app.loops.so/api"
AUTH = {"authorization": "Bearer loopsmockkey0001"}
GOOD = {
    "email": "a@example.com",
    "transactionalId": "clpasswordreset01",
    "dataVariables": {"resetUrl": "x"},
}


def ask(fake: FakeLoops, method: str, path: str, body: object = None, **headers: str) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    return fake(Request(method, BASE + path, {**AUTH, **headers}, raw))


def send(fake: FakeLoops, **changes: object) -> tuple[int, dict[str, Any]]:
    response = ask(fake, "POST", "/v1/transactional", {**GOOD, **changes})
    return response.status, response.json()


def test_the_five_shapes_of_a_refused_transactional_email(fake: FakeLoops) -> None:
    general = ask(fake, "POST", "/v1/transactional", [])
    assert set(general.json()) == {"success", "message"}
    fake.state.attachments_enabled = False
    files = [{"filename": "a", "contentType": "text/plain", "data": "aGk="}]
    status, told = send(fake, attachments=files)
    assert (status, told["path"]) == (400, "attachments")
    assert send(fake, email="nobody")[1]["error"]["path"] == "email"
    unpublished = send(fake, transactionalId="clreceiptdraft001")[1]
    assert "reason" in unpublished["error"]
    missing = send(fake, dataVariables={})[1]
    assert missing["message"] == "Missing required data variable(s): resetUrl"
    assert missing["error"] == {"path": "dataVariables", "message": missing["message"]}
    assert missing["transactionalId"] == "clpasswordreset01"
    assert fake.emails == []


def test_the_client_reads_the_message_and_the_field_out_of_every_shape(
    loops: Any, fake: FakeLoops
) -> None:
    fake.state.attachments_enabled = False
    with pytest.raises(InvalidRequestError, match="not enabled") as raised:
        loops.send_transactional(
            "a@example.com",
            transactional_id="clpasswordreset01",
            data_variables={"resetUrl": "x"},
            attachments=[Attachment("a", "text/plain", b"hi")],
        )
    assert raised.value.argument == "attachments"
    with pytest.raises(InvalidRequestError, match="not published") as raised:
        loops.send_transactional("a@example.com", transactional_id="clreceiptdraft001")
    assert raised.value.argument == "transactionalId"
    with pytest.raises(NotFoundError, match="not found"):
        loops.send_transactional("a@example.com", transactional_id="clnosuch")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/transactional/nowhere", 404),
        ("DELETE", "/v1/lists", 405),
        ("PUT", "/v1/contacts/create", 405),
        ("GET", "/v1/contacts/find?email=a%40b.cd&userId=u", 400),
        ("GET", "/v1/contacts/find?phone=1", 400),
        ("GET", "/v1/contacts/find", 400),
        ("GET", "/v1/contacts/suppression?email=a%40b.cd", 404),
        ("GET", "/v1/contacts/properties?list=some", 400),
        ("GET", "/v1/transactional-emails?perPage=9", 400),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(
    fake: FakeLoops, method: str, path: str, status: int
) -> None:
    assert ask(fake, method, path).status == status


def test_a_wrong_key_gets_the_vendors_401(fake: FakeLoops) -> None:
    response = ask(fake, "GET", "/v1/api-key", authorization="Bearer other")
    assert response.status == 401
    assert response.json()["error"] == response.json()["message"] == "Invalid API key"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/transactional", {**GOOD, "bcc": "x@example.com"}),
        ("/v1/events/send", {"eventName": "e", "email": "a@b.cd", "favourite": 1}),
        ("/v1/events/send", {"email": "a@b.cd"}),
        ("/v1/contacts/create", {"email": "a@b.cd", "seats": "three"}),
        ("/v1/contacts/create", {"email": "a@b.cd", "mailingLists": {"none": True}}),
        ("/v1/contacts/create", {"email": "a@b.cd", "planName": "x" * 499}),
        ("/v1/contacts/create", {"email": "a@b.cd", "id": "mine"}),
        ("/v1/contacts/properties", {"name": "Plan", "type": "string"}),
        ("/v1/contacts/properties", {"name": "planName", "type": "string"}),
    ],
)
def test_unknown_fields_and_wrong_values_are_refused(
    fake: FakeLoops, path: str, body: object
) -> None:
    assert ask(fake, "POST", path, body).status == 400
    assert fake.state.contacts == {}


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503])
def test_every_status_becomes_an_error_of_ours(loops: Any, status: int) -> None:
    def answer(_: Request) -> Response:
        return Response.of_json(status, {"message": "as told"})

    client = type(loops)(loops.settings, wire=answer, clock=loops.clock)
    with pytest.raises(ProviderError, match="as told") as raised:
        client.test_api_key()
    assert raised.value.status == status
    assert raised.value.hint
    assert isinstance(raised.value, AuthenticationError) == (status in {401, 403})
