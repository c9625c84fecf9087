import itertools
import json
import threading
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import SignatureError
from integrations.core.webhook_store import Claimed, Event, MemoryEventStore, State
from integrations.core.webhooks import MAX_BODY_BYTES, WebhookPipeline


class Toy:
    provider = "toy"
    calls = 0

    @property
    def events(self) -> Collection[str]:
        return ["thing.made", "thing.changed"]

    def verify(self, body: bytes, headers: Mapping[str, str], now: float) -> Event:
        self.calls += 1
        if headers.get("signed") != "yes":
            raise SignatureError("not signed")
        raw = json.loads(body)
        return Event("toy", raw["id"], raw["type"], raw["at"], raw, body, order=raw.get("order"))


SIGNED = {"signed": "yes"}


def body(
    id: str = "e1", type: str = "thing.made", at: float = 0, order: str | None = None
) -> bytes:
    return json.dumps({"id": id, "type": type, "at": at, "order": order}).encode()


def pipeline(clock: ManualClock | None = None) -> WebhookPipeline:
    return WebhookPipeline(Toy(), clock=clock or ManualClock(), claim_s=60)


def test_a_forged_one_leaves_no_trace() -> None:
    hooks = pipeline()
    result = hooks.receive(body(), {})
    assert (result.status, result.outcome, result.event) == (400, "forged", None)
    assert list(hooks.received()) == []


def test_an_oversize_body_is_refused_before_it_is_verified() -> None:
    hooks = pipeline()
    assert hooks.receive(b" " * (MAX_BODY_BYTES + 1), SIGNED).status == 413
    assert hooks.scheme.calls == 0  # type: ignore[attr-defined]


def test_text_is_no_body() -> None:
    with pytest.raises(TypeError, match="raw bytes"):
        pipeline().receive(body().decode(), SIGNED)  # type: ignore[arg-type]


def test_an_event_without_a_handler_is_kept_and_can_be_replayed() -> None:
    hooks, seen = pipeline(), list[str]()
    assert hooks.receive(body(), SIGNED).outcome == "unhandled"
    hooks.on("thing.made")(lambda event: seen.append(event.id))
    assert hooks.receive(body(), SIGNED).outcome == "duplicate"
    assert hooks.replay("e1").outcome == "handled"
    assert hooks.replay("e1").outcome == "duplicate"
    assert hooks.replay("e1", force=True).outcome == "handled"
    assert seen == ["e1", "e1"]
    with pytest.raises(LookupError, match="e9"):
        hooks.replay("e9")


def test_a_failed_handler_releases_the_claim() -> None:
    hooks, tries = pipeline(), list[str]()

    def fails_once(event: Event) -> None:
        tries.append(event.id)
        if len(tries) == 1:
            raise ValueError("secret detail")

    hooks.on("*")(fails_once)
    first = hooks.receive(body(), SIGNED)
    assert (first.status, first.reason) == (500, "ValueError")
    assert hooks.receive(body(), SIGNED).outcome == "handled"


def test_an_unknown_event_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match=r"thing\.made"):
        pipeline().on("thing.mad")
    with pytest.raises(ValueError, match="at least one"):
        pipeline().on()


def test_a_dead_workers_claim_expires_and_it_cannot_finish_anothers_work() -> None:
    clock, store = ManualClock(), MemoryEventStore()
    event = Toy().verify(body(), SIGNED, 0)
    now = clock.time()
    assert store.claim(event, now=now, until=now + 60) == (Claimed.NEW, 1)
    assert store.claim(event, now=now + 59, until=now + 120) == (Claimed.BUSY, 0)
    assert store.claim(event, now=now + 61, until=now + 120) == (Claimed.NEW, 2)
    assert not store.finish(event, 1, State.HANDLED)
    assert store.finish(event, 2, State.HANDLED)


def test_a_busy_event_is_sent_again_later() -> None:
    clock = ManualClock()
    hooks = pipeline(clock)
    event = Toy().verify(body(), SIGNED, 0)
    hooks.store.claim(event, now=clock.time(), until=clock.time() + 60)
    assert hooks.receive(body(), SIGNED).status == 503


@given(st.lists(st.sampled_from([1, 2, 3, 4]), min_size=4, max_size=12))
def test_every_order_of_arrival_ends_in_the_newest_state(arrivals: list[int]) -> None:
    hooks, state = pipeline(), list[float]()
    hooks.on("*")(lambda event: state.append(event.created))
    for at in [*arrivals, 4]:
        assert hooks.receive(body(f"e{at}", at=at, order="thing:1"), SIGNED).status == 200
    assert state[-1] == 4
    assert state == sorted(set(state))


def test_every_permutation_with_a_failure_ends_in_the_newest_state() -> None:
    for order in itertools.permutations([1, 2, 3]):
        hooks, state, failed = pipeline(), list[float](), list[float]()

        def handle(event: Event, state: list[float] = state, failed: list[float] = failed) -> None:
            if event.created == 3 and not failed:
                failed.append(3)
                raise RuntimeError
            state.append(event.created)

        hooks.on("*")(handle)
        for at in (*order, 3):
            hooks.receive(body(f"e{at}", at=at, order="thing:1"), SIGNED)
        assert state[-1] == 3


def test_events_on_different_subjects_do_not_overtake_each_other() -> None:
    hooks = pipeline()
    hooks.on("*")(lambda event: None)
    assert hooks.receive(body("a", at=9, order="thing:1"), SIGNED).outcome == "handled"
    assert hooks.receive(body("b", at=1, order="thing:2"), SIGNED).outcome == "handled"
    assert hooks.receive(body("c", at=1), SIGNED).outcome == "handled"
    assert hooks.receive(body("d", at=1, order="thing:1"), SIGNED).outcome == "stale"


def test_twenty_threads_deliver_one_event_and_it_has_one_effect() -> None:
    hooks, effects, answers = pipeline(), list[str](), list[str]()
    barrier = threading.Barrier(20)
    hooks.on("*")(lambda event: effects.append(event.id))

    def deliver() -> None:
        barrier.wait()
        answers.append(hooks.receive(body(), SIGNED).outcome)

    threads = [threading.Thread(target=deliver) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects == ["e1"]
    assert answers.count("handled") == 1
    assert set(answers) <= {"handled", "duplicate", "busy"}


def test_a_full_store_drops_the_oldest_finished_event() -> None:
    hooks = WebhookPipeline(Toy(), store=MemoryEventStore(limit=2), clock=ManualClock())
    for name in "abc":
        hooks.receive(body(name), SIGNED)
    assert [kept.event.id for kept in hooks.received()] == ["b", "c"]
