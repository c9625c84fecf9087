"""The fake answers, whatever it is asked."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import DuplicateRequestError
from integrations.core.wire import Request, Response
from integrations.core.workbook import Mock
from integrations.loops.fake import ROUTES, FakeLoops

ID = "clpasswordreset01"
NAMES = ["email", "userId", "transactionalId", "dataVariables", "attachments", "mailingLists"]
NAMES += ["eventName", "eventProperties", "name", "type", "seats", "subscribed", "firstName"]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    LEAVES, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3)
)


ASKED = [(path, method) for path, methods in ROUTES.items() for method in methods]


@given(
    st.sampled_from(ASKED),
    JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5),
    st.sampled_from(["", "?cursor=x", "?perPage=²²", "?email=", "?userId=%FF", "?cursor=9" * 40]),
)
def test_the_fake_answers_whatever_it_is_asked(
    asked: tuple[str, str], body: Any, query: str
) -> None:
    fake = FakeLoops(clock=ManualClock())
    path, method = asked
    url = f"https://app.loops.so/api{path}{query}"
    headers = {"authorization": "Bearer loopsmockkey0001"}
    if method in ("POST", "PUT") and isinstance(body, dict):
        body = {"email": "a@b.cd", "transactionalId": ID, "eventName": "e", **body}
        known = {"/v1/transactional": NAMES[:5], "/v1/events/send": ["email", *NAMES[5:8]]}
        kept = known.get(path, ["email", *NAMES[5:6], *NAMES[8:]])
        body = {key: value for key, value in body.items() if key in kept}
    answer = fake(Request(method, url, headers, json.dumps(body).encode()))
    assert isinstance(answer, Response)
    assert answer.status in {200, 400, 404, 409}
    assert answer.status == 200 or answer.json()["message"]


def test_the_fake_is_not_sunk_by_depth(fake: FakeLoops) -> None:
    headers = {"authorization": "Bearer loopsmockkey0001"}
    url = "https://app.loops.so/api/v1/transactional"
    assert fake(Request("POST", url, headers, b"[" * 100_000)).status == 400


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("send_transactional", {"transactional_id": ID, "data_variables": {"resetUrl": "x"}}),
        ("send_event", {"event_name": "e"}),
    ],
)
def test_a_key_holds_for_a_whole_day(lab: Mock, method: str, arguments: dict[str, Any]) -> None:
    def send() -> bool:
        call = getattr(lab.client, method)
        return bool(call(email="a@b.cd", idempotency_key="k", **arguments).sent)

    assert send()
    lab.clock.advance(24 * 3600 - 5)
    with pytest.raises(DuplicateRequestError):
        send()
    lab.clock.advance(10)
    assert send()
    assert len(lab.fake.emails) + len(lab.fake.state.events) == 2


def test_the_quota_of_removals_counts_over_thirty_days(lab: Mock) -> None:
    def left() -> int:
        return int(lab.client.get_suppression(email="a@b.cd").removals_remaining)

    lab.client.send_transactional(
        "a@b.cd", transactional_id=ID, data_variables={"resetUrl": "https://x.test"}
    )
    lab.fake.bounce("a@b.cd")
    assert lab.client.get_suppression(email="a@b.cd").is_suppressed
    assert lab.client.remove_suppression(email="a@b.cd").removals_remaining == 4
    lab.clock.advance(30 * 24 * 3600 - 5)
    assert left() == 4
    lab.clock.advance(10)
    assert left() == 5


@dataclass(frozen=True)
class Refusal:
    status: int = 500


def test_a_reset_forgets_what_was_pending_and_what_was_queued(lab: Mock, fake: FakeLoops) -> None:
    lab.client.create_contact("a@b.cd")
    assert fake.webhooks.deliver(lambda _body, _headers: Refusal()) == [500]
    fake.send_test_event()
    fake.reset()
    assert fake.deliveries() == []
    assert lab.client.find_contact(email="a@b.cd") is None


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"subscribed": False}, "contact.unsubscribed"),
        ({"mailing_lists": {"cllistproductnews": True}}, "contact.mailingList.subscribed"),
        ({"last_name": "B"}, None),
        ({"subscribed": True, "mailing_lists": {"cllistproductnews": False}}, None),
    ],
)
def test_a_change_of_a_contact_is_told_once(lab: Mock, change: Any, event: str | None) -> None:
    lab.client.create_contact("a@b.cd")
    for _ in range(2):
        lab.client.update_contact(email="a@b.cd", **change)
    told = [each.event for each in lab.fake.deliveries()]
    assert told == ["contact.created", *([event] if event else [])]


@pytest.mark.parametrize("query", ["find?email=a%40b.cd&phone=1", "properties?list=all&page=2"])
def test_a_parameter_it_does_not_know_is_refused_by_name(fake: FakeLoops, query: str) -> None:
    url = f"https://app.loops.so/api/v1/contacts/{query}"
    answer = fake(Request("GET", url, {"authorization": "Bearer loopsmockkey0001"}))
    assert answer.status == 400
    assert "Unrecognized parameter" in answer.json()["message"]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=-1", "perPage=%C2%B2%C2%B2", "perPage=51"])
def test_a_page_that_is_no_number_is_refused(fake: FakeLoops, query: str) -> None:
    url = f"https://app.loops.so/api/v1/transactional-emails?{query}"
    answer = fake(Request("GET", url, {"authorization": "Bearer loopsmockkey0001"}))
    assert answer.status == 400
    assert query.partition("=")[0] in answer.json()["message"]
