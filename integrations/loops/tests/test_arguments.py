"""Bad arguments are refused by name, before any request."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Mode
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Workbook
from integrations.loops.fake import FakeLoops
from integrations.loops.models import Attachment

OK = {"transactional_id": "clpasswordreset01"}
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  # that it is naive is the point
BIG = Attachment("a", "text/plain", b"x" * 3_000_001)


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    [
        ("send_transactional", {"email": "", **OK}, "email"),
        ("send_transactional", {"email": "a b@c.de", **OK}, "email"),
        ("send_transactional", {"email": "a@b.c\nBcc: x@y.z", **OK}, "email"),
        ("send_transactional", {"email": 7, **OK}, "email"),
        ("send_transactional", {"email": "a" * 250 + "@b.cd", **OK}, "email"),
        ("send_transactional", {"email": "a@b.cd", "transactional_id": "__id__"}, "transactional"),
        ("send_transactional", {"email": "a@b.cd", "transactional_id": ""}, "transactional_id"),
        ("send_transactional", {"email": "a@b.cd", **OK, "data_variables": {"a": None}}, "'a'"),
        ("send_transactional", {"email": "a@b.cd", **OK, "data_variables": {"a": True}}, "'a'"),
        ("send_transactional", {"email": "a@b.cd", **OK, "data_variables": {"a b": "x"}}, "'a b'"),
        ("send_transactional", {"email": "a@b.cd", **OK, "data_variables": [1]}, "data_variables"),
        (
            "send_transactional",
            {"email": "a@b.cd", **OK, "data_variables": {"a": "x" * 499}},
            "499 characters",
        ),
        (
            "send_transactional",
            {"email": "a@b.cd", **OK, "data_variables": {"a": float("nan")}},
            "nan",
        ),
        ("send_transactional", {"email": "a@b.cd", **OK, "attachments": [BIG]}, "attachments"),
        ("send_transactional", {"email": "a@b.cd", **OK, "attachments": ["x"]}, "attachments"),
        ("send_transactional", {"email": "a@b.cd", **OK, "idempotency_key": "k" * 101}, "idempot"),
        ("send_transactional", {"email": "a@b.cd", **OK, "idempotency_key": "a\nb"}, "idempotency"),
        ("send_event", {"event_name": "e"}, "email"),
        ("send_event", {"event_name": "", "email": "a@b.cd"}, "event_name"),
        ("send_event", {"event_name": "e", "user_id": "u", "properties": {"email": "x"}}, "email"),
        ("send_event", {"event_name": "e", "user_id": "u", "properties": {"eventName": "x"}}, "ev"),
        (
            "send_event",
            {"event_name": "e", "user_id": "u", "event_properties": {"t": NAIVE}},
            "time zone",
        ),
        ("create_contact", {"email": "a@b.cd", "properties": {"teamId": "x"}}, "teamId"),
        ("create_contact", {"email": "a@b.cd", "properties": {"x": None}}, "x"),
        ("create_contact", {"email": "a@b.cd", "subscribed": "yes"}, "subscribed"),
        ("update_contact", {}, "email"),
        ("update_contact", {"email": "a@b.cd", "mailing_lists": {"l": 1}}, "mailing_lists"),
        ("find_contact", {}, "exactly one"),
        ("find_contact", {"email": "a@b.cd", "user_id": "u"}, "exactly one"),
        ("delete_contact", {"email": "nobody"}, "email"),
        ("create_contact_property", {"name": "Plan name", "type": "string"}, "name"),
        ("create_contact_property", {"name": "email", "type": "string"}, "reserved"),
        ("create_contact_property", {"name": "plan", "type": "text"}, "type"),
        ("list_transactional_emails", {"per_page": 9}, "per_page"),
        ("list_transactional_emails", {"per_page": 51}, "per_page"),
        ("list_transactional_emails", {"per_page": "20"}, "per_page"),
    ],
)
def test_a_bad_argument_is_named_and_nothing_leaves(
    loops: Any, fake: FakeLoops, method: str, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        getattr(loops, method)(**arguments)
    assert named in str(raised.value)
    assert raised.value.status is None
    assert isinstance(raised.value, ValueError)
    assert fake.requests == []


def test_498_characters_are_taken(loops: Any) -> None:
    loops.send_transactional("a@b.cd", **OK, data_variables={"resetUrl": "x" * 498})


@given(st.text(min_size=1, max_size=120))
def test_a_key_that_passes_arrives_as_it_is(key: str) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    try:
        lab.client.send_transactional(
            "a@b.cd", **OK, data_variables={"resetUrl": "x"}, idempotency_key=key
        )
    except InvalidRequestError:
        assert lab.fake.requests == []
    else:
        assert lab.fake.requests[0].headers["idempotency-key"] == key
        assert len(key) <= 100


@given(st.emails())
def test_addresses_that_pass_arrive_as_they_are(address: str) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    try:
        lab.client.send_transactional(address, **OK, data_variables={"resetUrl": "x"})
    except InvalidRequestError:
        assert lab.fake.requests == []
    else:
        assert lab.fake.requests[0].json()["email"] == address
