import itertools
import json
import threading
from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.errors import MalformedEventError, SignatureError
from integrations.core.webhook_store import Event, State
from integrations.core.webhooks import MAX_BODY_BYTES, Incoming, WebhookPipeline


class Toy:
    provider = "toy"
    calls = 0

    @property
    def events(self) -> Collection[str]:
        return ["thing.made", "thing.changed"]

    def verify(self, incoming: Incoming) -> Event:
        self.calls += 1
        if incoming.headers.get("signed") not in ("yes", incoming.target or "yes"):
            raise SignatureError("not signed")
        raw = json.loads(incoming.body)
        id, type, at, order = raw["id"], raw["type"], raw["at"], raw.get("order")
        return Event("toy", id, type, at, raw, incoming.body, order=order)


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


def test_a_scheme_that_signs_the_url_sees_where_it_was_posted() -> None:
    signed = {"signed": "/hooks?shop=3"}
    assert pipeline().receive(body(), signed, target="/hooks?shop=3").status == 200
    assert pipeline().receive(body(), signed, target="/hooks?shop=4").status == 400
    assert pipeline().receive(body(), signed).status == 400


def test_what_handlers_return_is_in_the_result_and_only_when_they_ran() -> None:
    hooks = pipeline()
    hooks.on("thing.made")(lambda event: f"first {event.id}")
    hooks.on("*")(lambda _: None)
    assert hooks.receive(body(), SIGNED).answers == ("first e1", None)
    assert hooks.receive(body(), SIGNED).answers == ()


def test_a_function_registered_twice_runs_once() -> None:
    hooks, seen = pipeline(), list[str]()

    @hooks.on("thing.made", "*")
    def note(event: Event) -> None:
        seen.append(event.id)

    hooks.on("thing.made")(note)
    hooks.receive(body(), SIGNED)
    assert seen == ["e1"]


def test_an_async_handler_is_refused_for_nobody_would_await_it() -> None:
    async def late(_: Event) -> None: ...

    hooks = pipeline()
    with pytest.raises(TypeError, match=r"late: an async function"):
        hooks.on("thing.made")(late)
    assert hooks.receive(body(), SIGNED).outcome == "unhandled"


def test_an_oversize_body_is_refused_before_it_is_verified() -> None:
    hooks = pipeline()
    result = hooks.receive(b" " * (MAX_BODY_BYTES + 1), SIGNED)
    assert (result.status, result.outcome) == (413, "too_large")
    whole = body().ljust(MAX_BODY_BYTES)
    assert hooks.scheme.calls == 0  # type: ignore[attr-defined]
    assert hooks.receive(whole, SIGNED).status == 200


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
    assert (first.status, first.outcome, first.reason) == (500, "failed", "ValueError")
    assert "secret" not in repr(first)
    stored = hooks.store.get("toy", "e1")
    assert stored is not None
    assert (stored.state, stored.error) == (State.FAILED, "ValueError")
    assert hooks.receive(body(), SIGNED).outcome == "handled"
    assert hooks.receive(body(), SIGNED).outcome == "duplicate"
    assert tries == ["e1", "e1"]


def test_a_failed_event_can_be_replayed_and_a_failed_replay_again() -> None:
    hooks, failing = pipeline(), [False, True, True]

    def handle(event: Event) -> None:
        if failing.pop():
            raise ValueError

    hooks.on("*")(handle)
    assert hooks.receive(body(), SIGNED).outcome == "failed"
    assert hooks.replay("e1").outcome == "failed"
    assert hooks.replay("e1").outcome == "handled"


def test_an_overtaken_event_is_replayed_only_by_force_and_stays_the_older() -> None:
    hooks, seen = pipeline(), list[str]()
    hooks.on("*")(lambda event: seen.append(event.id))
    hooks.receive(body("new", at=9, order="thing:1"), SIGNED)
    hooks.receive(body("old", at=1, order="thing:1"), SIGNED)
    assert hooks.replay("old").outcome == "duplicate"
    assert hooks.replay("old", force=True).outcome == "handled"
    assert hooks.receive(body("mid", at=5, order="thing:1"), SIGNED).outcome == "stale"
    assert seen == ["new", "old"]


def test_handlers_run_by_type_and_then_those_of_every_event() -> None:
    hooks, seen = pipeline(), list[str]()
    hooks.on("*")(lambda event: seen.append("all"))
    hooks.on("thing.made", "thing.changed")(lambda event: seen.append("made or changed"))
    hooks.receive(body("e1"), SIGNED)
    hooks.receive(body("e2", type="thing.unheard"), SIGNED)
    assert seen == ["made or changed", "all", "all"]


def test_a_registered_function_stays_itself() -> None:
    def handler(event: Event) -> None: ...

    assert pipeline().on("thing.made")(handler) is handler


def test_an_unknown_event_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match=r"thing\.made"):
        pipeline().on("thing.mad")
    with pytest.raises(ValueError, match="at least one"):
        pipeline().on()


def test_a_dead_workers_claim_expires_and_it_cannot_finish_anothers_work() -> None:
    clock, tries = ManualClock(), list[str]()
    hooks = pipeline(clock)

    def handle(event: Event) -> None:
        tries.append(event.id)
        if len(tries) == 1:
            clock.advance(61)
            assert hooks.receive(body(), SIGNED).outcome == "handled"

    hooks.on("*")(handle)
    late = hooks.receive(body(), SIGNED)
    assert (late.status, late.outcome) == (503, "busy")
    assert "the claim expired" in late.reason
    stored = hooks.store.get("toy", "e1")
    assert stored is not None
    assert (stored.state, stored.attempts, tries) == (State.HANDLED, 2, ["e1", "e1"])


def test_a_worker_that_dies_leaves_its_claim_until_it_expires() -> None:
    clock, dying = ManualClock(), [True]
    hooks = pipeline(clock)

    def handle(event: Event) -> None:
        if dying.pop():
            raise SystemExit

    hooks.on("*")(handle)
    with pytest.raises(SystemExit):
        hooks.receive(body(), SIGNED)
    clock.advance(59)
    assert hooks.receive(body(), SIGNED).status == 503
    assert hooks.replay("e1", force=True).status == 503
    clock.advance(1)
    dying.append(False)
    assert hooks.receive(body(), SIGNED).outcome == "handled"


def test_a_busy_event_is_sent_again_later() -> None:
    clock = ManualClock()
    hooks = pipeline(clock)
    event = Toy().verify(Incoming(body(), SIGNED, 0))
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


@given(st.permutations([1, 2, 3, 4]), st.lists(st.sampled_from([1, 2, 3, 4]), max_size=6))
def test_events_without_a_subject_are_never_stale(first: list[int], again: list[int]) -> None:
    hooks, seen = pipeline(), list[float]()
    hooks.on("*")(lambda event: seen.append(event.created))
    for at in [*first, *again]:
        assert hooks.receive(body(f"e{at}", at=at), SIGNED).outcome in {"handled", "duplicate"}
    assert seen == first


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


def test_two_events_on_one_subject_are_not_handled_at_once() -> None:
    hooks, inner = pipeline(), list[str]()

    def handle(event: Event) -> None:
        if event.id == "a":
            inner.append(hooks.receive(body("b", at=2, order="thing:1"), SIGNED).outcome)
            inner.append(hooks.receive(body("c", at=2, order="thing:2"), SIGNED).outcome)

    hooks.on("*")(handle)
    assert hooks.receive(body("a", at=1, order="thing:1"), SIGNED).outcome == "handled"
    assert inner == ["busy", "handled"]
    assert hooks.receive(body("b", at=2, order="thing:1"), SIGNED).outcome == "handled"


def test_a_signed_body_that_cannot_be_read_is_no_forgery_and_leaves_nothing() -> None:
    class Strange(Toy):
        def verify(self, incoming: Incoming) -> Event:
            raise MalformedEventError("signed, but of another version")

    hooks = WebhookPipeline(Strange())
    result = hooks.receive(body(), SIGNED)
    assert (result.status, result.outcome, result.event) == (400, "malformed", None)
    assert result.reason == "signed, but of another version"
    assert list(hooks.received()) == []


@pytest.mark.parametrize(("at", "again"), [(1, "stale"), (3, "handled")])
def test_a_handler_that_is_overtaken_is_sent_its_event_again(at: float, again: str) -> None:
    clock, state = ManualClock(), list[str]()
    hooks, slow = pipeline(clock), body("slow", at=at, order="thing:1")

    def handle(event: Event) -> None:
        if event.id == "slow" and not state:
            clock.advance(301)
            hooks.receive(body("quick", at=2, order="thing:1"), SIGNED)
        state.append(event.id)

    hooks.on("*")(handle)
    result = hooks.receive(slow, SIGNED)
    assert (result.status, result.outcome) == (503, "busy")
    assert "taken over" in result.reason
    assert hooks.receive(slow, SIGNED).outcome == again


def test_the_log_has_no_body_and_no_header(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hooks = pipeline()
    hooks.receive(json.dumps({"id": "e1", "type": "t", "at": 0, "x": "hush"}).encode(), SIGNED)
    hooks.receive(b"hush", {"signed": "hush"})
    assert "event_id=e1" in caplog.text
    assert "outcome=forged" in caplog.text
    assert "hush" not in caplog.text + str([vars(record) for record in caplog.records])
