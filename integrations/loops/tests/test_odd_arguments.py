"""What nobody passes on purpose is refused by name, and nothing leaves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Mode
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock, Workbook
from integrations.loops.bulk import Message, send_many
from integrations.loops.fake import FakeLoops
from integrations.loops.models import Attachment

ID = "clpasswordreset01"
LINK = {"resetUrl": "https://x.test"}
HALF = "\ud800"  # half a character: UTF-8 cannot carry it
HOSTILE = st.text(
    st.sampled_from("a@b.cd\r\n\t\0\x1b\x7f\x85\u200b\u2028\ufeff\ud800:,;<>\"'\\ é"), max_size=30
)


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    [
        ("create_contact", {"email": f"{HALF}@b.cd"}, "email"),
        ("create_contact", {"email": "a\0@b.cd"}, "email"),
        ("create_contact", {"email": "a\u200b@b.cd"}, "email"),
        ("create_contact", {"email": None}, "email"),
        ("create_contact", {"email": b"a@b.cd"}, "email"),
        ("create_contact", {"email": "a@b.cd", "first_name": HALF}, "first_name"),
        ("create_contact", {"email": "a@b.cd", "last_name": "x" * 499}, "last_name"),
        ("create_contact", {"email": "a@b.cd", "source": 7}, "source"),
        ("create_contact", {"email": "a@b.cd", "user_group": ""}, "user_group"),
        ("create_contact", {"email": "a@b.cd", "properties": {"seats": 1 << 1025}}, "'seats'"),
        ("create_contact", {"email": "a@b.cd", "properties": {"plan": {}}}, "'plan'"),
        ("create_contact", {"email": "a@b.cd", "properties": {7: "x"}}, "properties"),
        ("create_contact", {"email": "a@b.cd", "mailing_lists": ["l"]}, "mailing_lists"),
        ("update_contact", {"email": "a@b.cd", "subscribed": 1}, "subscribed"),
        ("find_contact", {"user_id": HALF}, "user_id"),
        ("find_contact", {"user_id": " "}, "user_id"),
        ("find_contact", {"user_id": 7}, "user_id"),
        ("send_event", {"event_name": "x" * 256, "user_id": "u"}, "event_name"),
        ("list_transactional_emails", {"per_page": 20.0}, "per_page"),
        ("list_transactional_emails", {"per_page": True}, "per_page"),
        ("list_transactional_emails", {"per_page": None}, "per_page"),
    ],
)
def test_odd_arguments_are_named_and_nothing_leaves(
    loops: Any, fake: FakeLoops, method: str, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        getattr(loops, method)(**arguments)
    assert named in str(raised.value.argument)
    assert fake.requests == []


@pytest.mark.parametrize("name", ["id", "listId", "softDeleteAt", "teamId", "updatedAt", "userId"])
@pytest.mark.parametrize("method", ["create_contact", "update_contact", "send_event"])
def test_reserved_names_are_no_properties(
    loops: Any, fake: FakeLoops, method: str, name: str
) -> None:
    more = {"event_name": "e"} if method == "send_event" else {}
    with pytest.raises(InvalidRequestError, match=name):
        getattr(loops, method)(email="a@b.cd", properties={name: "x"}, **more)
    with pytest.raises(InvalidRequestError, match=name):
        loops.create_contact_property(name, type="string")
    assert fake.requests == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"add_to_audience": "no"}, "add_to_audience"),
        ({"add_to_audience": 0}, "add_to_audience"),
        ({"attachments": Attachment("a", "text/plain", b"x")}, "attachments"),
        ({"attachments": [Attachment("", "text/plain", b"x")]}, "attachments[0].filename"),
        ({"attachments": [Attachment("a", "text/plain", b"")]}, "attachments[0].data"),
        ({"attachments": [Attachment("a", "text/plain", "x")]}, "attachments[0].data"),  # type: ignore[arg-type]  # on purpose
        ({"attachments": [Attachment("a", "t/p", b"x" * 1_500_000)] * 2}, "attachments"),
        ({"data_variables": {"a": HALF}}, "data_variables['a']"),
        ({"data_variables": {"a": [{"b": None}]}}, "data_variables['b']"),
        ({"data_variables": {"a": ["b"]}}, "data_variables"),
        ({"data_variables": {"a": float("inf")}}, "data_variables['a']"),
        ({"data_variables": {"a": 10**5000}}, "data_variables['a']"),
        ({"data_variables": {7: "x"}}, "data_variables"),
        ({"transactional_id": "your-id"}, "transactional_id"),
        ({"transactional_id": "../contacts"}, "transactional_id"),
        ({"transactional_id": None}, "transactional_id"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "a b"}, "idempotency_key"),
        ({"idempotency_key": "é"}, "idempotency_key"),
        ({"idempotency_key": 7}, "idempotency_key"),
    ],
)
def test_an_odd_send_is_refused_by_name(
    loops: Any, fake: FakeLoops, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        loops.send_transactional("a@b.cd", **{"transactional_id": ID, **arguments})
    assert raised.value.argument == named
    assert fake.requests == []


def test_the_longest_key_and_a_single_seat_are_taken(loops: Any, fake: FakeLoops) -> None:
    key = "k" * 100
    sent = loops.send_transactional(
        "a@b.cd", transactional_id=ID, data_variables=LINK, idempotency_key=key
    )
    assert sent.idempotency_key == fake.requests[0].headers["idempotency-key"] == key
    for seats in (1, 0, 1.5):
        assert loops.update_contact(email="a@b.cd", properties={"seats": seats}).done
        assert loops.find_contact(email="a@b.cd").properties["seats"] == seats


@given(HOSTILE)
def test_hostile_text_is_refused_or_arrives_as_it_is(text: str) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    for arguments, where in (
        ({"email": text}, "email"),
        ({"email": "a@b.cd", "idempotency_key": text}, ""),
        ({"email": "a@b.cd", "data_variables": {"resetUrl": text}}, "dataVariables"),
    ):
        lab.fake.reset()
        given_ = {"transactional_id": ID, "data_variables": LINK, **arguments}
        try:
            lab.client.send_transactional(**given_)
        except InvalidRequestError:
            assert lab.fake.requests == []
        else:
            request = lab.fake.requests[0]
            if where == "email":
                assert request.json()["email"] == text
                assert text.isprintable()
            elif where:
                assert request.json()[where] == {"resetUrl": text}
            else:
                assert request.headers["idempotency-key"] == text
                assert text.isprintable()


BAD_VARIABLES: list[Any] = [{"a": HALF}, None, {1: "x", "a": "y"}, {"a": 10**5000}, "x", {"a": {1}}]


@pytest.mark.parametrize("bad", BAD_VARIABLES)
def test_one_odd_message_does_not_stop_the_rest(lab: Mock, bad: Any) -> None:
    fine = [Message(f"{n}@b.cd", ID, LINK) for n in "ab"]
    result = send_many([fine[0], Message("x@b.cd", ID, bad), fine[1]], batch="b", client=lab.client)
    assert [each.status for each in result.outcomes] == ["sent", "failed", "sent"]
    assert isinstance(result.outcomes[1].error, InvalidRequestError)


@pytest.mark.parametrize("rate", ["5", None, True, float("nan"), 0.0, 10.01])
def test_a_rate_that_is_none_is_refused(lab: Mock, rate: Any) -> None:
    with pytest.raises(InvalidRequestError, match="rate"):
        send_many([Message("a@b.cd", ID, LINK)], batch="b", client=lab.client, rate=rate)
    with pytest.raises(InvalidRequestError, match=r"messages\[0\]"):
        send_many([{"email": "a@b.cd"}], batch="b", client=lab.client)  # type: ignore[list-item]  # on purpose
    assert lab.fake.requests == []
