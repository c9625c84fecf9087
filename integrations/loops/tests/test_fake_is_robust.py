"""The fake answers, whatever it is asked."""

import json
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
