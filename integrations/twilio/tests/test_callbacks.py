import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.rest.api.v2010.account.message import MessageInstance

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.config import Mode, Secret
from integrations.core.webhook_store import Event
from integrations.core.webhooks import Result, WebhookPipeline
from integrations.twilio.callbacks import (
    MemoryMessageRecords,
    MessageRecord,
    advances,
    track_status,
)
from integrations.twilio.events import STATUSES, StatusCallback, parse_event
from integrations.twilio.models import FINAL
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.tests.posting import BASE, SID, TARGET, TOKEN, post_form, status_form
from integrations.twilio.webhooks import webhook_pipeline

LIVES = [
    ("queued", "sending", "sent", "delivered"),
    ("accepted", "queued", "sending", "sent", "delivered", "read"),
    ("queued", "sent", "undelivered"),
    ("queued", "failed"),
    ("accepted", "scheduled", "queued", "sent", "delivered"),
    ("scheduled", "canceled"),
    ("queued", "sent", "partially_delivered", "delivered"),
    ("queued", "sent", "partially_delivered", "undelivered"),
]


def new_pipeline(clock: ManualClock | None = None) -> WebhookPipeline:
    settings = TwilioSettings(Mode.MOCK, auth_token=Secret(TOKEN), public_base_url=BASE)
    return webhook_pipeline(settings, clock=clock or ManualClock())


def receive(pipeline: WebhookPipeline, status: str, **extra: str) -> Result:
    return pipeline.receive(*post_form(status_form(status, **extra)), target=TARGET)


def callback(status: str, error_code: str | None = None) -> StatusCallback:
    return StatusCallback(
        sid=SID, status=status, to="+1", sender="+2", error_code=error_code, raw={}
    )


@given(st.sampled_from(LIVES), st.randoms(use_true_random=False))
def test_in_any_order_and_twice_a_message_ends_where_it_ended(
    life: tuple[str, ...], chance: random.Random
) -> None:
    posted = [*life, *chance.choices(life, k=chance.randint(0, 6))]
    chance.shuffle(posted)
    pipeline, records = new_pipeline(), MemoryMessageRecords()
    pipeline.on("*")(track_status(records, clock=ManualClock()))
    for status in posted:
        assert receive(pipeline, status).status == 200
    record = records.get(SID)
    assert record is not None
    assert (record.status, record.final) == (life[-1], True)
    assert sorted(status for status, _ in record.seen) == sorted(life)


@given(st.lists(st.sampled_from([*STATUSES, "brand-new", ""]), max_size=12))
def test_a_final_status_never_changes_but_for_read(posted: list[str]) -> None:
    records, before = MemoryMessageRecords(), ""
    for status in posted:
        records.record(callback(status), at=0.0)
        record = records.get(SID)
        assert record is not None
        if before in FINAL and record.status != before:
            assert (before, record.status) == ("delivered", "read")
        before = record.status


def test_the_order_of_statuses_has_no_circle() -> None:
    for one, two in itertools.permutations(STATUSES, 2):
        assert not (advances(one, two) and advances(two, one))
    assert not any(advances(status, status) for status in STATUSES)


def test_every_status_of_the_sdk_leads_to_a_final_one() -> None:
    enum = vars(MessageInstance.Status)
    known = {value for name, value in enum.items() if name.isupper()}
    assert set(STATUSES) == known - {"receiving", "received"}
    for status in known - FINAL - {"receiving"}:
        assert advances(status, "delivered")
        assert not MessageRecord(SID, status).final
    onward = {status for status in STATUSES if advances("sent", status)}
    assert onward == (FINAL - {"received"}) | {"partially_delivered"}


def test_delivered_is_not_read() -> None:
    records = MemoryMessageRecords()
    records.record(callback("delivered"), at=0.0)
    assert records.get(SID) == MessageRecord(SID, "delivered", None, (("delivered", 0.0),))


def test_the_reason_stays_with_the_status_it_belongs_to() -> None:
    records = MemoryMessageRecords()
    records.record(callback("undelivered", "30003"), at=1.0)
    records.record(callback("sent"), at=2.0)
    record = records.get(SID)
    assert record is not None
    assert (record.status, record.error_code) == ("undelivered", "30003")
    assert record.seen == (("undelivered", 1.0), ("sent", 2.0))


def test_a_change_is_told_once_and_again_when_telling_failed() -> None:
    pipeline, told = new_pipeline(), list[str]()
    failing = [True]

    def tell(each: StatusCallback) -> None:
        if failing[0]:
            raise RuntimeError
        told.append(each.status)

    pipeline.on("*")(track_status(MemoryMessageRecords(), on_change=tell, clock=ManualClock()))
    assert receive(pipeline, "delivered").status == 500
    failing[0] = False
    outcomes = [receive(pipeline, "delivered").outcome for _ in range(2)]
    assert outcomes == ["handled", "duplicate"]
    receive(pipeline, "sent")
    assert told == ["delivered"]


def test_the_oldest_records_are_dropped() -> None:
    records = MemoryMessageRecords(limit=2)
    for number in range(3):
        each = StatusCallback(
            sid=f"SM{number}", status="sent", to="", sender="", error_code=None, raw={}
        )
        records.record(each, at=0.0)
    assert [record.sid for record in records] == ["SM1", "SM2"]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_a_typed_event(status: str) -> None:
    pipeline = new_pipeline()
    seen: list[Event] = []
    pipeline.on(f"message.{status}")(seen.append)
    receive(pipeline, status, ErrorCode="30003")
    typed = seen[0].typed
    assert isinstance(typed, StatusCallback)
    assert (typed.status, typed.error_code, typed.sid) == (status, "30003", SID)


def test_a_new_status_is_kept_and_changes_nothing() -> None:
    pipeline, records = new_pipeline(), MemoryMessageRecords()
    pipeline.on("*")(track_status(records))
    assert receive(pipeline, "teleported").status == 200
    assert records.get(SID) is None


def test_what_is_no_message_is_kept_with_all_it_says() -> None:
    event = Event("twilio", "x", "other", EXAMPLE_TIME, {"CallSid": "CA1"}, b"")
    typed = parse_event(event)
    assert not isinstance(typed, dict)
    assert typed.raw["CallSid"] == "CA1"  # type: ignore[union-attr]
