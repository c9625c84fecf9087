import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.config import Secret
from integrations.core.errors import SignatureError
from integrations.core.webhooks import Incoming
from integrations.core.workbook import Mock
from integrations.loops import events as e
from integrations.loops.fake import MOCK_SIGNING_SECRET, FakeLoops
from integrations.loops.signatures import loops_webhooks
from integrations.loops.webhooks import webhook_pipeline

SCHEME = loops_webhooks([Secret(MOCK_SIGNING_SECRET)])
WHO = {"id": "c1", "email": "a@b.cd", "userId": None}
LIST = {"id": "l1", "name": "News", "description": None, "isPublic": True}
EMAIL = {"id": "e1", "emailMessageId": "m1", "subject": "Hi"}
CONTACT: dict[str, Any] = {
    **WHO,
    "firstName": None,
    "lastName": None,
    "source": "API",
    "subscribed": True,
    "userGroup": "",
    "mailingLists": {},
    "optInStatus": None,
    "favoriteColor": "blue",
}
DETAILS: dict[str, dict[str, Any]] = {
    "contact.created": {"contact": CONTACT},
    "contact.mailingList.subscribed": {"mailingList": LIST},
    "contact.mailingList.unsubscribed": {"mailingList": LIST},
    "campaign.email.sent": {
        "campaignId": "x",
        "campaignName": "n",
        "email": EMAIL,
        "mailingLists": [LIST],
    },
    "loop.email.sent": {"loopId": "x", "loopName": "n", "email": EMAIL, "mailingLists": []},
    "transactional.email.sent": {
        "transactionalId": "x",
        "transactionalName": "n",
        "email": EMAIL,
    },
    "testing.testEvent": {"message": "test"},
}
METRIC = {"email": EMAIL, "sourceType": "campaign", "campaignId": "x"}


def payload(name: str) -> dict[str, Any]:
    who = {} if name == "testing.testEvent" else {"contactIdentity": WHO}
    details = DETAILS.get(name, METRIC if name.startswith("email.") else {})
    return {"eventName": name, "eventTime": 1, "webhookSchemaVersion": "1.0.0", **who, **details}


def signed(body: bytes, *, id: str = "msg_1") -> dict[str, str]:
    return FakeLoops(clock=ManualClock()).webhooks.sign(body, message_id=id)


@pytest.mark.parametrize("name", e.EVENTS)
def test_every_event_becomes_its_typed_object(name: str) -> None:
    body = json.dumps(payload(name)).encode()
    event = SCHEME.verify(Incoming(body, signed(body), EXAMPLE_TIME))
    typed = event.typed
    assert type(typed) is e.EVENTS[name]
    assert typed.name == event.type == name
    if isinstance(typed, e.ContactCreated):
        assert typed.details.properties == {"favoriteColor": "blue"}
    if isinstance(typed, (e.EmailSent, e.EmailEvent)):
        assert (typed.email.subject, typed.source_id) == ("Hi", "x")


def test_there_are_seventeen_events() -> None:
    assert len(e.EVENTS) == 17


def test_an_unknown_event_is_verified_and_kept() -> None:
    body = b'{"eventName": "contact.merged", "eventTime": 5, "new": 1}'
    event = SCHEME.verify(Incoming(body, signed(body), EXAMPLE_TIME))
    assert (event.type, event.created, event.typed["new"]) == ("contact.merged", 5, 1)


def test_a_known_event_of_another_shape_says_so_when_it_is_asked_for() -> None:
    body = b'{"eventName": "email.opened", "eventTime": 5}'
    event = SCHEME.verify(Incoming(body, signed(body), EXAMPLE_TIME))
    with pytest.raises(ValueError, match=r"email\.opened"):
        _ = event.typed


TEXT = st.text(max_size=60)


@given(
    st.binary(max_size=80),
    st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature"]),
        st.one_of(TEXT, TEXT.map("v1,{}".format), st.just("1767603600")),
    ),
)
def test_whatever_comes_in_is_refused_in_one_way(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


@pytest.mark.parametrize("body", [b"[]", b"1", b"{}", b"no json", b'{"eventName": 1}', b"\xff"])
def test_signed_nonsense_is_refused_too(body: bytes) -> None:
    headers = signed(body) if body != b"\xff" else signed(b"x")
    with pytest.raises(SignatureError):
        SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


def test_one_good_signature_among_many_is_enough() -> None:
    body = json.dumps(payload("testing.testEvent")).encode()
    headers = signed(body)
    headers["webhook-signature"] = f"v2,AAAA v1,AAAA {headers['webhook-signature']}"
    assert SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME)).id == "msg_1"
    headers["webhook-signature"] = headers["webhook-signature"].replace(" v1,", " v1a,")
    with pytest.raises(SignatureError):
        SCHEME.verify(Incoming(body, headers, EXAMPLE_TIME))


def test_the_standard_webhooks_library_agrees() -> None:
    import time

    body = json.dumps(payload("testing.testEvent")).encode()
    now = int(time.time())
    headers = FakeLoops().webhooks.sign(body, message_id="msg_1", at=now)
    assert Webhook(MOCK_SIGNING_SECRET).verify(body, headers) == json.loads(body)
    assert SCHEME.verify(Incoming(body, headers, now)).payload == json.loads(body)


def test_the_fake_sends_what_happened(lab: Mock) -> None:
    hooks = webhook_pipeline(lab.client.settings, clock=lab.clock)
    names: list[str] = []
    hooks.on("*")(lambda event: names.append(event.typed.name))
    lab.client.create_contact("a@acme.example")
    lab.client.update_contact(email="a@acme.example", mailing_lists={"cllistproductnews": True})
    lab.client.send_transactional(
        "a@acme.example",
        transactional_id="clpasswordreset01",
        data_variables={"resetUrl": "https://x.test"},
    )
    lab.fake.bounce("a@acme.example")
    lab.client.delete_contact(email="a@acme.example")
    assert set(lab.fake.webhooks.deliver(hooks.receive)) == {200}
    assert names == [
        "contact.created",
        "contact.mailingList.subscribed",
        "transactional.email.sent",
        "email.delivered",
        "email.hardBounced",
        "contact.unsubscribed",
        "contact.unsubscribed",
        "contact.deleted",
    ]
    assert lab.fake.deliveries() == []


def test_mail_to_the_test_domains_is_taken_and_not_delivered(lab: Mock) -> None:
    lab.client.send_transactional(
        "a@example.com",
        transactional_id="clpasswordreset01",
        data_variables={"resetUrl": "https://x.test"},
    )
    assert lab.fake.emails[0].delivered is False
    assert lab.fake.deliveries() == []


def test_what_was_not_taken_is_sent_again_with_a_fresh_signature(lab: Mock) -> None:
    hooks = webhook_pipeline(lab.client.settings, clock=lab.clock)
    failing = [True]

    def handler(event: Any) -> None:
        if failing[0]:
            raise RuntimeError

    hooks.on("testing.testEvent")(handler)
    lab.fake.send_test_event()
    assert lab.fake.webhooks.deliver(hooks.receive) == [500]
    failing[0] = False
    lab.clock.advance(3600)
    assert lab.fake.webhooks.deliver(hooks.receive) == [200]
    assert lab.fake.webhooks.deliver(hooks.receive) == []
