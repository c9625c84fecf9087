import threading
from dataclasses import replace

import pytest

from integrations.core.webhook_store import Claimed, Event, MemoryEventStore, State

MADE = Event("toy", "e1", "thing.made", 10.0, {"a": 1}, b"{}")


def on(subject: str, id: str, created: float) -> Event:
    return replace(MADE, id=id, created=created, order=subject)


def settle(store: MemoryEventStore, event: Event, state: State = State.HANDLED) -> None:
    claimed, token = store.claim(event, now=0, until=60)
    assert claimed is Claimed.NEW
    assert store.finish(event, token, state)


def test_an_expired_claim_is_taken_over() -> None:
    store = MemoryEventStore()
    assert store.claim(MADE, now=0, until=60) == (Claimed.NEW, 1)
    assert store.claim(MADE, now=59, until=120) == (Claimed.BUSY, 0)
    assert store.claim(MADE, now=60, until=120) == (Claimed.NEW, 2)


def test_who_lost_its_claim_cannot_finish() -> None:
    store = MemoryEventStore()
    store.claim(MADE, now=0, until=60)
    store.claim(MADE, now=61, until=120)
    assert not store.finish(MADE, 1, State.HANDLED)
    kept = store.get("toy", "e1")
    assert kept is not None
    assert kept.state is State.CLAIMED
    assert store.finish(MADE, 2, State.FAILED, "ValueError")
    assert not store.finish(MADE, 2, State.HANDLED)


def test_what_was_never_claimed_cannot_be_finished() -> None:
    assert not MemoryEventStore().finish(MADE, 1, State.HANDLED)


def test_a_claim_is_not_forced_away_from_who_holds_it() -> None:
    store = MemoryEventStore()
    store.claim(MADE, now=0, until=60)
    assert store.claim(MADE, now=1, until=60, again=True, force=True) == (Claimed.BUSY, 0)


@pytest.mark.parametrize(
    ("state", "plain", "again", "force"),
    [
        (State.FAILED, True, True, True),
        (State.UNHANDLED, False, True, True),
        (State.HANDLED, False, False, True),
        (State.STALE, False, False, True),
    ],
)
def test_what_ended_is_claimed_again_only_as_far_as_asked(
    state: State, plain: bool, again: bool, force: bool
) -> None:
    for options, admitted in (({}, plain), ({"again": True}, again), ({"force": True}, force)):
        store = MemoryEventStore()
        settle(store, MADE, state)
        expected = (Claimed.NEW, 2) if admitted else (Claimed.DUPLICATE, 0)
        assert store.claim(MADE, now=1, until=60, **options) == expected


def test_an_older_event_on_a_subject_is_stale_and_one_of_the_same_moment_is_not() -> None:
    store = MemoryEventStore()
    settle(store, on("thing:1", "new", 10.0))
    assert store.claim(on("thing:1", "old", 9.9), now=0, until=60) == (Claimed.STALE, 1)
    assert store.claim(on("thing:2", "old2", 9.9), now=0, until=60) == (Claimed.NEW, 1)
    assert store.claim(on("thing:1", "same", 10.0), now=0, until=60) == (Claimed.NEW, 1)


def test_a_failed_event_does_not_make_older_ones_stale() -> None:
    store = MemoryEventStore()
    settle(store, on("thing:1", "new", 10.0), State.FAILED)
    assert store.claim(on("thing:1", "old", 1.0), now=0, until=60)[0] is Claimed.NEW


def test_a_subject_is_busy_until_its_claim_ends() -> None:
    store = MemoryEventStore()
    store.claim(on("thing:1", "a", 1.0), now=0, until=60)
    assert store.claim(on("thing:1", "b", 2.0), now=59, until=99)[0] is Claimed.BUSY
    other = replace(on("thing:1", "b", 2.0), provider="other")
    assert store.claim(other, now=59, until=99)[0] is Claimed.NEW
    assert store.claim(on("thing:1", "b", 2.0), now=60, until=99)[0] is Claimed.NEW


def test_providers_do_not_see_each_others_events() -> None:
    store = MemoryEventStore()
    settle(store, MADE)
    other = replace(MADE, provider="other")
    assert store.claim(other, now=0, until=60)[0] is Claimed.NEW
    assert [kept.event for kept in store.received("toy")] == [MADE]
    assert store.get("third", "e1") is None


def test_a_full_store_drops_settled_events_first_then_failed_ones_and_never_claims() -> None:
    store = MemoryEventStore(limit=2)
    for id, state in (("failed", State.FAILED), ("handled", State.HANDLED)):
        settle(store, replace(MADE, id=id), state)
    left = []
    for id in ("a", "b", "c"):
        store.claim(replace(MADE, id=id), now=0, until=60)
        left.append([kept.event.id for kept in store.received("toy")])
    assert left == [["failed", "a"], ["a", "b"], ["a", "b", "c"]]


def test_stale_events_do_not_fill_the_store_beyond_its_limit() -> None:
    store = MemoryEventStore(limit=3)
    settle(store, on("thing:1", "new", 10.0))
    for number in range(9):
        store.claim(on("thing:1", f"old{number}", 1.0), now=0, until=60)
    assert len(list(store.received("toy"))) == 3


def test_one_of_many_threads_gets_the_claim() -> None:
    store, answers, barrier = MemoryEventStore(), list[Claimed](), threading.Barrier(20)

    def claim() -> None:
        barrier.wait()
        answers.append(store.claim(MADE, now=0, until=60)[0])

    threads = [threading.Thread(target=claim) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [Claimed.BUSY] * 19 + [Claimed.NEW]


def test_an_event_is_parsed_once_and_only_when_asked() -> None:
    parsed: list[Event] = []

    def parse(each: Event) -> str:
        parsed.append(each)
        return "typed"

    event = replace(MADE, parse=parse)
    assert parsed == []
    assert (event.typed, event.typed, len(parsed)) == ("typed", "typed", 1)
    assert MADE.typed == {"a": 1}


def test_an_event_does_not_show_what_it_carries() -> None:
    assert "hush" not in repr(replace(MADE, payload={"a": "hush"}, body=b"hush"))


def test_the_newest_is_known_for_the_last_subjects_and_memory_does_not_grow() -> None:
    store = MemoryEventStore(limit=3)
    for number in range(10):
        settle(store, on(f"subject-{number}", f"e{number}", 10.0))
    assert len(store._newest) == 3
    assert store.claim(on("subject-9", "late", 9.0), now=0, until=60)[0] is Claimed.STALE
