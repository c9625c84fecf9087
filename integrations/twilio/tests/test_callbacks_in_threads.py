"""``on_change`` hears of each change once and in order, whatever threads callbacks come in on."""

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.webhook_store import Event
from integrations.twilio.callbacks import MemoryMessageRecords, advances, track_status
from integrations.twilio.events import StatusCallback, parse_event

LONG_S = 5.0
"""Longer than anything here takes: a test that waits for so long has failed."""


def posted(sid: str, status: str) -> Event:
    payload = {"MessageSid": sid, "MessageStatus": status, "To": "+1", "From": "+2"}
    name = f"message.{status}"
    return Event("twilio", f"{sid}:{status}", name, EXAMPLE_TIME, payload, b"", parse=parse_event)


def test_a_later_change_waits_until_the_one_before_is_told() -> None:
    told: list[str] = []
    later = threading.Thread(target=lambda: handle(posted("SM1", "delivered")))

    def tell(each: StatusCallback) -> None:
        if each.status == "sent":
            later.start()
            # It cannot end before this call does, however long this waits; without turns, it
            # ends at once.
            later.join(0.1)
        told.append(each.status)

    handle = track_status(MemoryMessageRecords(), on_change=tell, clock=ManualClock())
    handle(posted("SM1", "sent"))
    later.join(LONG_S)
    assert told == ["sent", "delivered"]


def test_one_message_does_not_hold_up_another() -> None:
    told: list[str] = []
    other_told, waited = threading.Event(), list[bool]()

    def tell(each: StatusCallback) -> None:
        if each.sid == "SM1":
            slow.set()
            waited.append(other_told.wait(LONG_S))
        told.append(each.sid)

    slow = threading.Event()
    handle = track_status(MemoryMessageRecords(), on_change=tell, clock=ManualClock())
    thread = threading.Thread(target=lambda: handle(posted("SM1", "sent")))
    thread.start()
    assert slow.wait(LONG_S)
    handle(posted("SM2", "sent"))
    other_told.set()
    thread.join(LONG_S)
    assert (told, waited) == (["SM2", "SM1"], [True])


def test_a_failure_lets_the_next_one_in_and_is_told_again() -> None:
    told: list[str] = []
    failing = [True]

    def tell(each: StatusCallback) -> None:
        if failing[0]:
            raise RuntimeError
        told.append(each.status)

    handle = track_status(MemoryMessageRecords(), on_change=tell, clock=ManualClock())
    with pytest.raises(RuntimeError):
        handle(posted("SM1", "sent"))
    failing[0] = False
    with ThreadPoolExecutor() as pool:
        for _ in range(3):
            pool.submit(handle, posted("SM1", "sent")).result(LONG_S)
    handle(posted("SM1", "delivered"))
    handle(posted("SM1", "sent"))
    assert told == ["sent", "delivered"]


def test_a_handler_may_bring_about_the_next_callback_of_its_message() -> None:
    told: list[str] = []

    def tell(each: StatusCallback) -> None:
        told.append(each.status)
        if each.status == "sent":
            handle(posted("SM1", "delivered"))

    handle = track_status(MemoryMessageRecords(), on_change=tell, clock=ManualClock())
    handle(posted("SM1", "sent"))
    handle(posted("SM1", "delivered"))
    assert told == ["sent", "delivered"]


def test_many_threads_tell_each_change_once_and_in_order() -> None:
    life, sids, threads = ("queued", "sending", "sent", "delivered", "read"), ("SM1", "SM2"), 8
    told: dict[str, list[str]] = defaultdict(list)
    start = threading.Barrier(threads)
    records = MemoryMessageRecords()
    handle = track_status(
        records, on_change=lambda each: told[each.sid].append(each.status), clock=ManualClock()
    )

    def post(seed: int) -> None:
        events = [posted(sid, status) for sid in sids for status in life]
        random.Random(seed).shuffle(events)  # noqa: S311  # an order, not a secret
        start.wait(LONG_S)
        for event in events:
            handle(event)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(post, range(threads)))
    for sid in sids:
        assert told[sid][-1] == "read"
        assert all(map(advances, ["", *told[sid]], told[sid]))
