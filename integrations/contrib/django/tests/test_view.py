"""Signed deliveries of the fakes go through Django, into the database, and to the handlers."""

import logging
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.core import mail
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from integrations.contrib.django import webhooks as door
from integrations.contrib.django.models import ReceivedEvent
from integrations.contrib.django.testing import receiver
from integrations.contrib.django.tests.shop import webhooks
from integrations.contrib.django.tests.shop.models import Note
from integrations.core.clock import ManualClock

STRIPE, LOOPS, TWILIO = "/webhooks/stripe/", "/webhooks/loops/", "/webhooks/twilio/"
IN_MEMORY = "django.core.mail.backends.locmem.EmailBackend"
# Django 6.1 has new names for where mail goes, and warns of the old ones.
TO_AN_ADMIN: dict[str, Any] = (
    {"ADMINS": ["sam@example.com"], "MAILERS": {"default": {"BACKEND": IN_MEMORY}}}
    if django.VERSION >= (6, 1)
    else {"ADMINS": [("Sam", "sam@example.com")], "EMAIL_BACKEND": IN_MEMORY}
)
MOCK = {"INTEGRATIONS_MODE": "mock"}


@pytest.fixture(autouse=True)
def site(frozen_clock: ManualClock) -> Iterator[None]:
    given = {"SERVICES": ["loops", "stripe", "twilio", "s3"], "ENV": MOCK, "CLOCK": frozen_clock}
    with override_settings(INTEGRATIONS=given):
        yield


def rows() -> list[tuple[str, str, str, int]]:
    found = ReceivedEvent.objects.order_by("pk")
    return [(row.provider, row.event_type, row.state, row.attempts) for row in found]


def a_customer(mock: Any) -> Any:
    mock.client.customers.create(email="alex@example.com")
    [sent] = mock.fake.deliveries()
    return sent


def test_an_event_of_stripe_is_handled_and_kept_byte_for_byte(mock_stripe: Any) -> None:
    sent = a_customer(mock_stripe)
    answer = receiver(STRIPE)(sent.body, sent.headers)
    assert (answer.status, answer.body, answer.content_type) == (200, "handled", "text/plain")
    assert rows() == [("stripe", "customer.created", "handled", 1)]
    row = ReceivedEvent.objects.get()
    assert bytes(row.body) == sent.body
    [note] = Note.objects.all()
    assert note.text == row.event_id


def test_events_of_loops_and_twilio_come_in_by_the_same_view(
    mock_loops: Any, mock_twilio: Any
) -> None:
    mock_loops.fake.send_test_event()
    assert mock_loops.fake.webhooks.deliver(receiver(LOOPS)) == [200]
    base = mock_twilio.client.settings.public_base_url
    target = f"{TWILIO}?shop=3&quote=%22a%22"
    form = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered"}
    body = b"MessageSid=SM" + b"1" * 32 + b"&MessageStatus=delivered"
    headers = mock_twilio.fake.webhooks.sign(base + target, form)
    assert receiver(TWILIO)(body, headers, target=target).status == 200
    assert [row[:3] for row in rows()] == [
        ("loops", "testing.testEvent", "handled"),
        ("twilio", "message.delivered", "handled"),
    ]


def test_an_odd_query_is_verified_as_it_was_sent(mock_twilio: Any) -> None:
    form = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "sent"}
    target = TWILIO + "?a=b|c^{d}"
    url = mock_twilio.client.settings.public_base_url + target
    headers = mock_twilio.fake.webhooks.sign(url, form)
    answer = Client().generic(
        "POST",
        TWILIO,
        "MessageSid=SM" + "1" * 32 + "&MessageStatus=sent",
        content_type=headers.pop("content-type"),
        headers=headers,
        QUERY_STRING="a=b|c^{d}",
    )
    assert answer.status_code == 200


def test_a_text_message_is_answered_in_twiml_and_read_on_the_phone(mock_twilio: Any) -> None:
    webhooks.then.append(lambda event: f"You wrote: {event.payload['Body']}")
    mock_twilio.fake.state.inbound_url = mock_twilio.client.settings.public_base_url + TWILIO
    phone = mock_twilio.fake.phone("+12025550142")
    phone.send("Open on Sunday?", to="+15017122661")
    seen = []

    def post(*args: Any, **options: Any) -> Any:
        seen.append(receiver(TWILIO)(*args, **options))
        return seen[-1]

    assert mock_twilio.fake.webhooks.deliver(post) == [200]
    assert seen[0].content_type == "text/xml"
    assert phone.messages[-1].body == "You wrote: Open on Sunday?"


def test_a_reply_that_cannot_be_sent_is_told_in_the_log_and_the_event_is_handled(
    mock_twilio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks.then.append(lambda event: f"You wrote: {event.payload['Body']}")
    mock_twilio.fake.state.inbound_url = mock_twilio.client.settings.public_base_url + TWILIO
    mock_twilio.fake.phone("+12025550142").send("x" * 1595, to="+15017122661")
    answers = []

    def post(*args: Any, **options: Any) -> Any:
        answers.append(receiver(TWILIO)(*args, **options))
        return answers[-1]

    assert mock_twilio.fake.webhooks.deliver(post) == [500]
    assert answers[0].body == "no_reply"
    assert rows()[0][2] == "handled"
    assert "1606 characters" in caplog.text


def test_the_vendors_second_try_is_a_duplicate(mock_stripe: Any) -> None:
    sent = a_customer(mock_stripe)
    answers = [receiver(STRIPE)(sent.body, sent.headers) for _ in range(2)]
    assert [each.body for each in answers] == ["handled", "duplicate"]
    assert Note.objects.count() == 1


@pytest.mark.parametrize("change", [b" ", b"\xff"])
def test_a_forged_body_leaves_no_trace(mock_stripe: Any, change: bytes) -> None:
    sent = a_customer(mock_stripe)
    answer = receiver(STRIPE)(sent.body + change, sent.headers)
    assert (answer.status, answer.body) == (400, "forged")
    assert rows() == []


def test_signed_nonsense_is_malformed(mock_stripe: Any) -> None:
    body = b'{"object": '
    answer = receiver(STRIPE)(body, mock_stripe.fake.webhooks.sign(body))
    assert (answer.status, answer.body) == (400, "malformed")


def test_a_failed_handler_leaves_nothing_but_the_failure_and_the_next_try_is_handled(
    mock_stripe: Any,
) -> None:
    webhooks.then.append(lambda _: 1 / 0)
    assert a_customer(mock_stripe)
    assert mock_stripe.fake.webhooks.deliver(receiver(STRIPE)) == [500]
    assert rows() == [("stripe", "customer.created", "failed", 1)]
    assert ReceivedEvent.objects.get().error == "ZeroDivisionError"
    assert not Note.objects.exists()
    webhooks.then.clear()
    assert mock_stripe.fake.webhooks.deliver(receiver(STRIPE)) == [200]
    assert rows() == [("stripe", "customer.created", "handled", 2)]
    assert Note.objects.count() == 1


def test_what_only_fails_when_the_transaction_ends_is_a_failure_too(mock_stripe: Any) -> None:
    webhooks.then.append(lambda _: Note.objects.create(text="orphan", about_id=99))
    sent = a_customer(mock_stripe)
    assert receiver(STRIPE)(sent.body, sent.headers).status == 500
    assert rows() == [("stripe", "customer.created", "failed", 1)]
    assert ReceivedEvent.objects.get().error == "IntegrityError"
    assert not Note.objects.exists()


def test_what_fails_after_the_commit_leaves_the_event_handled(
    mock_stripe: Any, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks.then.append(lambda _: transaction.on_commit(lambda: 1 / 0))
    sent = a_customer(mock_stripe)
    answer = receiver(STRIPE)(sent.body, sent.headers)
    assert (answer.status, answer.body) == (200, "handled")
    assert rows() == [("stripe", "customer.created", "handled", 1)]
    assert Note.objects.count() == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_failure_is_mailed_to_admins_without_what_was_posted(
    mock_twilio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    webhooks.then.append(lambda _: 1 / 0)
    mock_twilio.fake.state.inbound_url = mock_twilio.client.settings.public_base_url + TWILIO
    mock_twilio.fake.phone("+12025550142").send("words of mine", to="+15017122661")
    with override_settings(**TO_AN_ADMIN):
        mock_twilio.fake.webhooks.deliver(receiver(TWILIO))
    [sent] = mail.outbox
    assert TWILIO in sent.body
    assert "words of mine" not in sent.body


@pytest.mark.parametrize("length", ["abc", "-1", "²"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    answer = Client().generic("POST", STRIPE, b"{}", CONTENT_LENGTH=length)
    assert (answer.status_code, answer.content) == (400, b"unreadable")


def test_a_broken_statement_in_a_handler_does_not_break_the_record_of_it(mock_stripe: Any) -> None:
    def twice(_: Any) -> None:
        Note.objects.create(pk=1, text="a")
        Note.objects.create(pk=1, text="b")

    webhooks.then.append(twice)
    sent = a_customer(mock_stripe)
    assert receiver(STRIPE)(sent.body, sent.headers).status == 500
    assert ReceivedEvent.objects.get().error == "IntegrityError"


def test_a_failure_is_kept_also_when_every_request_is_one_transaction(mock_stripe: Any) -> None:
    from django.db import connection

    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        webhooks.then.append(lambda _: 1 / 0)
        sent = a_customer(mock_stripe)
        assert receiver(STRIPE)(sent.body, sent.headers).status == 500
        assert rows() == [("stripe", "customer.created", "failed", 1)]
        assert not Note.objects.exists()
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False


def test_a_worker_that_was_taken_over_has_its_writes_undone(
    mock_stripe: Any, frozen_clock: ManualClock
) -> None:
    sent = a_customer(mock_stripe)
    first = [True]

    def slow(_: Any) -> None:
        if first.pop():
            frozen_clock.advance(301)
            # The claim has expired; the vendor's next try is handled meanwhile, by another worker.
            ReceivedEvent.objects.update(attempts=2)

    webhooks.then.append(slow)
    assert receiver(STRIPE)(sent.body, sent.headers).status == 503
    assert not Note.objects.exists()


def test_who_is_not_told_of_cannot_be_reached(mock_stripe: Any) -> None:
    sent = a_customer(mock_stripe)
    for name in ("acme", "s3", "redis"):
        answer = receiver(f"/webhooks/{name}/")(sent.body, sent.headers)
        assert (answer.status, answer.body) == (404, "not_found")
    with override_settings(INTEGRATIONS={"SERVICES": ["loops"], "ENV": MOCK}):
        assert receiver(STRIPE)(sent.body, sent.headers).status == 404
    with override_settings(INTEGRATIONS={}):
        assert receiver(STRIPE)(sent.body, sent.headers).status == 404


def test_without_a_secret_it_is_unavailable_and_the_log_says_why(
    mock_stripe: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sent = a_customer(mock_stripe)
    env = {"INTEGRATIONS_MODE": "sandbox", "STRIPE_API_KEY": "sk_test_word"}
    with (
        override_settings(INTEGRATIONS={"SERVICES": ["stripe"], "ENV": env}),
        caplog.at_level(logging.ERROR, "integrations.stripe"),
    ):
        answer = receiver(STRIPE)(sent.body, sent.headers)
    assert (answer.status, answer.body) == (503, "not_configured")
    assert "STRIPE_WEBHOOK_SECRET" in caplog.text
    assert "sk_test_word" not in caplog.text
    assert receiver(STRIPE)(sent.body, sent.headers).status == 200


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_what_is_too_large_is_refused(mock_stripe: Any, size: int) -> None:
    answer = receiver(STRIPE)(b"x" * size, mock_stripe.fake.webhooks.sign(b"{}"))
    assert (answer.status, answer.body) == (413, "too_large")


def test_a_smaller_limit_of_the_site_is_kept_to(mock_stripe: Any) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        answer = receiver(STRIPE)(b"x" * 101, mock_stripe.fake.webhooks.sign(b"{}"))
    assert (answer.status, answer.body) == (413, "too_large")


def test_only_a_post_is_a_webhook_and_no_redirect_loses_the_body(mock_stripe: Any) -> None:
    assert Client().get(STRIPE).status_code == 405
    sent = a_customer(mock_stripe)
    assert receiver("/webhooks/stripe")(sent.body, sent.headers).status == 200
    assert reverse("integrations:webhook", args=["stripe"]) == STRIPE


def test_a_misspelt_event_is_refused_where_it_is_registered() -> None:
    with pytest.raises(ValueError, match=r"Did you mean invoice\.paid"):
        door.pipeline("stripe").on("invoice.payed")
    with pytest.raises(ValueError, match=r"email\.delivered"):
        door.pipeline("loops").on("email.deliverd")


def test_a_service_without_webhooks_has_no_pipeline() -> None:
    with pytest.raises(LookupError, match="sends no webhooks"):
        door.pipeline("s3")
    with pytest.raises(Exception, match="Did you mean 'stripe'"):
        door.pipeline("strype")


def test_a_site_without_time_zones_keeps_events_as_well(mock_stripe: Any) -> None:
    with override_settings(USE_TZ=False):
        sent = a_customer(mock_stripe)
        assert receiver(STRIPE)(sent.body, sent.headers).status == 200
