"""Each call at the wire: what leaves, and what is made of the answer."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations.core.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.wire import Request, Response
from integrations.core.workbook import Mock
from integrations.loops.fake import FakeLoops
from integrations.loops.fake_state import Template
from integrations.loops.models import Attachment

RESET = {"transactional_id": "clpasswordreset01", "data_variables": {"resetUrl": "https://x.test"}}


def last(fake: FakeLoops) -> tuple[str, str, Any]:
    request = fake.requests[-1]
    return request.method, request.path, request.json() if request.body else request.query


def test_the_key_is_tested(loops: Any, fake: FakeLoops) -> None:
    assert loops.test_api_key().team_name == "Example Team"
    assert last(fake) == ("GET", "/api/v1/api-key", {})
    assert fake.requests[0].headers["authorization"] == "Bearer loopsmockkey0001"


def test_a_transactional_email_leaves_as_specified(loops: Any, fake: FakeLoops) -> None:
    result = loops.send_transactional(
        "a@acme.example",
        transactional_id="clpasswordreset01",
        data_variables={"resetUrl": "https://x.test", "n": 3, "rows": [{"a": "b"}]},
        add_to_audience=True,
        attachments=[Attachment("a.txt", "text/plain", b"hi")],
        idempotency_key="order-1",
    )
    assert (result.sent, result.attempts, result.idempotency_key) == (True, 1, "order-1")
    assert last(fake) == (
        "POST",
        "/api/v1/transactional",
        {
            "email": "a@acme.example",
            "transactionalId": "clpasswordreset01",
            "dataVariables": {"resetUrl": "https://x.test", "n": 3, "rows": [{"a": "b"}]},
            "addToAudience": True,
            "attachments": [{"filename": "a.txt", "contentType": "text/plain", "data": "aGk="}],
        },
    )
    assert fake.requests[0].headers["idempotency-key"] == "order-1"
    assert fake.emails[0].attachments == ("a.txt",)
    assert loops.find_contact(email="a@acme.example").email == "a@acme.example"


def test_an_event_leaves_as_specified_and_changes_the_contact(loops: Any, fake: FakeLoops) -> None:
    loops.create_contact_property("trialEnds", type="date")
    loops.send_event(
        "trialStarted",
        email="a@acme.example",
        user_id="u1",
        event_properties={"plan": "Pro", "at": datetime(2026, 1, 2, tzinfo=UTC)},
        properties={"trialEnds": date(2026, 2, 1)},
        mailing_lists={"cllistproductnews": True},
    )
    assert last(fake)[1:] == (
        "/api/v1/events/send",
        {
            "eventName": "trialStarted",
            "email": "a@acme.example",
            "userId": "u1",
            "trialEnds": "2026-02-01",
            "eventProperties": {"plan": "Pro", "at": "2026-01-02T00:00:00+00:00"},
            "mailingLists": {"cllistproductnews": True},
        },
    )
    contact = loops.find_contact(user_id="u1")
    assert contact.properties == {"trialEnds": "2026-02-01"}
    assert contact.mailing_lists == {"cllistproductnews": True}


def test_a_contact_lives_from_create_to_delete(loops: Any, fake: FakeLoops) -> None:
    made = loops.create_contact("a+b@acme.example", first_name="Al", properties={"seats": 2})
    assert last(fake)[2] == {"email": "a+b@acme.example", "firstName": "Al", "seats": 2}
    with pytest.raises(ConflictError):
        loops.create_contact("a+b@acme.example")
    again = loops.update_contact(email="a+b@acme.example", user_id="u1", properties={"seats": None})
    assert again.id == made.id
    assert last(fake) == (
        "PUT",
        "/api/v1/contacts/update",
        {"email": "a+b@acme.example", "userId": "u1", "seats": None},
    )
    found = loops.find_contact(email="a+b@acme.example")
    assert (found.id, found.user_id, found.subscribed) == (made.id, "u1", True)
    assert "email=a%2Bb%40acme.example" in fake.requests[-1].url
    assert loops.delete_contact(user_id="u1").done
    assert loops.find_contact(user_id="u1") is None
    with pytest.raises(NotFoundError):
        loops.delete_contact(user_id="u1")


def test_update_is_an_upsert_and_does_not_resubscribe(loops: Any) -> None:
    assert loops.update_contact(email="new@acme.example", subscribed=False).id
    loops.update_contact(email="new@acme.example", last_name="Y")
    assert loops.find_contact(email="new@acme.example").subscribed is False


def test_suppressions_have_a_quota_of_thirty_days(lab: Mock) -> None:
    for number in range(6):
        address = f"n{number}@acme.example"
        lab.client.send_transactional(address, **RESET)
        lab.fake.bounce(address)
        lab.clock.advance(1)
    for number in range(5):
        removal = lab.client.remove_suppression(email=f"n{number}@acme.example")
        assert removal.removals_remaining == 4 - number
    with pytest.raises(InvalidRequestError, match="limit"):
        lab.client.remove_suppression(email="n5@acme.example")
    lab.clock.advance(31 * 24 * 3600)
    assert lab.client.remove_suppression(email="n5@acme.example").done
    status = lab.client.get_suppression(email="n5@acme.example")
    assert (status.is_suppressed, status.removal_limit) == (False, 5)
    with pytest.raises(InvalidRequestError, match="not suppressed"):
        lab.client.remove_suppression(email="n5@acme.example")


def test_properties_lists_and_addresses_are_listed(loops: Any, fake: FakeLoops) -> None:
    assert {p.key for p in loops.list_contact_properties(custom_only=True)} == {"planName", "seats"}
    assert last(fake)[2] == {"list": "custom"}
    assert "email" in {p.key for p in loops.list_contact_properties()}
    assert [each.name for each in loops.list_mailing_lists()] == ["Product news"]
    assert loops.list_sending_ips()[0] == "52.21.45.123"


def test_pages_are_fetched_as_one_walks(lab: Mock) -> None:
    for number in range(21):
        lab.fake.add_template(Template(f"clextra{number:09d}", f"Extra {number}", "s", "b"))
    walk = lab.client.list_transactional_emails(per_page=10)
    assert lab.fake.requests == []
    names = [next(walk).name for _ in range(10)]
    assert len(lab.fake.requests) == 1
    names += [each.name for each in walk]
    assert (len(names), len(set(names)), len(lab.fake.requests)) == (25, 25, 3)
    assert names[0] == "Extra 20"
    assert {request.path for request in lab.fake.requests} == {"/api/v1/transactional-emails"}


def test_pages_that_go_in_a_circle_end_in_an_error(lab: Mock) -> None:
    def circle(request: Request) -> Response:
        entry = {"id": "x", "name": "n", "url": "", "createdAt": "", "updatedAt": ""}
        return Response.of_json(200, {"data": [entry], "pagination": {"nextCursor": "same"}})

    client = type(lab.client)(lab.client.settings, wire=circle, clock=lab.clock)
    with pytest.raises(UnavailableError, match="circle"):
        list(client.list_transactional_emails())


def test_the_eleventh_request_in_a_second_is_refused(lab: Mock) -> None:
    request = Request(
        "GET", "https://app.loops.so/api/v1/lists", {"authorization": "Bearer loopsmockkey0001"}
    )
    answers = [lab.fake(request) for _ in range(11)]
    assert [each.status for each in answers] == [200] * 10 + [429]
    assert answers[0].headers["x-ratelimit-remaining"] == "9"
    assert answers[10].headers["x-ratelimit-limit"] == "10"
    lab.clock.advance(1.01)
    assert lab.fake(request).status == 200


def test_a_limit_that_lasts_is_a_typed_error(lab: Mock) -> None:
    from integrations.core import faults

    lab.faults.inject(*[faults.rate_limited()] * 3)
    with pytest.raises(RateLimitedError) as raised:
        lab.client.send_transactional("a@example.com", **RESET)
    assert not raised.value.outcome_unknown
    assert lab.fake.emails == []


def test_a_success_that_loops_did_not_call_one_is_not_believed(lab: Mock) -> None:
    answer = Response.of_json(200, {"success": False, "message": "no"})
    client = type(lab.client)(lab.client.settings, wire=lambda _: answer, clock=lab.clock)
    with pytest.raises(UnavailableError) as raised:
        client.create_contact("a@example.com")
    assert raised.value.outcome_unknown
