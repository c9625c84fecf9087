from typing import Any

import pytest

from integrations.acme.shortcuts import send_welcome_note
from integrations.acme.webhooks import webhook_pipeline
from integrations.core.config import Mode
from integrations.core.errors import DuplicateRequestError, InvalidRequestError, NotFoundError
from integrations.core.workbook import Mock, Workbook


@pytest.fixture
def lab() -> Mock:
    return Workbook(Mode.MOCK, {}).mock("acme")


def test_a_note_is_what_stands_on_the_wire(lab: Mock) -> None:
    note = lab.client.create_note("kim@example.com", text="Hello", idempotency_key="order-42")
    request = lab.fake.requests[0]
    assert (request.method, request.url) == ("POST", "https://api.acme.example/v1/notes")
    assert request.json() == {"to": "kim@example.com", "text": "Hello"}
    assert request.headers["idempotency-key"] == "order-42"
    assert lab.client.get_note(note.id) == note


def test_a_repeat_with_the_key_is_one_note_and_another_note_is_refused(lab: Mock) -> None:
    first = lab.client.create_note("kim@example.com", text="Hello", idempotency_key="k1")
    assert lab.client.create_note("kim@example.com", text="Hello", idempotency_key="k1") == first
    with pytest.raises(DuplicateRequestError):
        lab.client.create_note("kim@example.com", text="Other", idempotency_key="k1")
    assert len(lab.fake.state.notes) == 1


@pytest.mark.parametrize(
    ("to", "text", "argument"),
    [("kim", "Hello", "to"), ("k@example.com", " ", "text"), ("k@example.com", "x" * 501, "text")],
)
def test_bad_arguments_are_refused_before_any_request(
    lab: Mock, to: str, text: str, argument: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        lab.client.create_note(to, text=text)
    assert raised.value.argument == argument
    assert lab.fake.requests == []


def test_a_deleted_note_is_gone(lab: Mock) -> None:
    note = lab.client.create_note("kim@example.com", text="Hello")
    assert lab.client.delete_note(note.id)
    with pytest.raises(NotFoundError):
        lab.client.get_note(note.id)


def test_in_debug_mode_a_note_says_that_it_was_not_sent(lab: Mock) -> None:
    note = type(lab.client).from_env({}, mode="debug").create_note("k@example.com", text="Hello")
    assert (note.sent, note.id) == (False, None)


def test_a_user_is_greeted_by_name(lab: Mock) -> None:
    class User:
        email, first_name = "kim@example.com", "Kim"

    assert send_welcome_note(User(), client=lab.client).text == "Welcome, Kim."


def test_a_read_note_comes_as_a_typed_event(lab: Mock) -> None:
    hooks, seen = webhook_pipeline(lab.client.settings, clock=lab.clock), list[Any]()
    hooks.on("note.read")(lambda event: seen.append(event.typed.note_id))
    lab.fake.read_note("note000001")
    assert lab.fake.webhooks.deliver(hooks.receive) == [200]
    assert seen == ["note000001"]
