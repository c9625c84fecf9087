"""Each message has one end, in order; what stops a run loses none of them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from integrations.core.bulk import BulkResult, BulkRun, BulkStoppedError, Outcome
from integrations.core.clock import ManualClock
from integrations.core.errors import AuthenticationError, InvalidRequestError
from integrations.core.pacer import Pacer

LONG_S = 5.0


@dataclass(frozen=True)
class End(Outcome[str]):
    id: str | None = None


def _attempt(message: str) -> End:
    if message == "refused":
        raise InvalidRequestError("is wrong", provider="toy")
    if message == "locked out":
        raise AuthenticationError("is wrong", provider="toy")
    if message == "broken":
        raise ZeroDivisionError
    return End(message, "sent", id=f"id of {message}")


def _end(message: str, error: Exception | None) -> End:
    return End(message, "failed" if error else "not tried", error)


def _run(*messages: str, workers: int = 1, **options: object) -> BulkResult[End]:
    pacer = Pacer(1000, ManualClock())
    run = BulkRun(_attempt, _end, pacer=pacer, **options)  # type: ignore[arg-type]
    return run.run(messages, workers=workers)


def _ends(result: BulkResult[End]) -> list[str]:
    return [each.status for each in result.outcomes]


def test_a_failure_is_the_end_of_one_message() -> None:
    told: list[End] = []
    result = _run("a", "refused", "b", on_progress=told.append)
    assert _ends(result) == ["sent", "failed", "sent"]
    assert [each.message for each in result.having("sent")] == ["a", "b"]
    assert tuple(told) == result.outcomes
    assert "is wrong" in result._repr_html_()
    assert "<table" in BulkResult(())._repr_html_()


def test_after_refused_credentials_the_rest_is_not_tried_and_told_so() -> None:
    told: list[End] = []
    result = _run("a", "locked out", "b", "c", on_progress=told.append)
    assert _ends(result) == ["sent", "failed", "not tried", "not tried"]
    assert tuple(told) == result.outcomes


def test_what_was_sent_is_known_when_on_progress_raises() -> None:
    told: list[str] = []

    def tell(each: End) -> None:
        told.append(each.message)
        if each.message == "b":
            raise KeyError("the disk is full")

    with pytest.raises(BulkStoppedError, match=r"2 sent, 2 not tried.*\.result") as stopped:
        _run("a", "b", "c", "d", on_progress=tell)
    assert isinstance(stopped.value.__cause__, KeyError)
    assert [each.id for each in stopped.value.result.having("sent")] == ["id of a", "id of b"]
    assert _ends(stopped.value.result) == ["sent", "sent", "not tried", "not tried"]
    assert told == ["a", "b"]


def test_what_had_begun_is_ended_before_the_run_stops() -> None:
    both = threading.Barrier(2)
    stopped = threading.Event()

    def attempt(message: str) -> End:
        both.wait(LONG_S)
        if message == "slow":
            assert stopped.wait(LONG_S)
        return End(message, "sent")

    def tell(each: End) -> None:
        stopped.set()
        raise KeyError

    run = BulkRun(attempt, _end, pacer=Pacer(1000, ManualClock()), on_progress=tell)
    with pytest.raises(BulkStoppedError) as error:
        run.run(["quick", "slow", "later"], workers=2)
    assert _ends(error.value.result) == ["sent", "sent", "not tried"]


def test_a_fault_in_sending_stops_the_run_and_every_end_is_told() -> None:
    told: list[End] = []
    with pytest.raises(BulkStoppedError) as stopped:
        _run("a", "broken", "b", on_progress=told.append)
    assert isinstance(stopped.value.__cause__, ZeroDivisionError)
    assert _ends(stopped.value.result) == ["sent", "failed", "not tried"]
    assert isinstance(stopped.value.result.outcomes[1].error, ZeroDivisionError)
    assert tuple(told) == stopped.value.result.outcomes


def test_one_that_waits_for_its_turn_is_not_tried_after_the_run_was_stopped() -> None:
    tried: list[str] = []
    begun, waiting = threading.Event(), threading.Event()

    class Turn(Pacer):
        def wait(self) -> None:
            if tried:
                waiting.set()
                assert run._stopped.wait(LONG_S)

    def attempt(message: str) -> End:
        tried.append(message)
        begun.set()
        return End(message, "sent")

    def tell(_: End) -> None:
        assert waiting.wait(LONG_S)
        raise KeyError

    run = BulkRun(attempt, _end, pacer=Turn(1, ManualClock()), on_progress=tell)

    def messages() -> Iterator[str]:
        yield "a"
        assert begun.wait(LONG_S)
        yield "b"

    with pytest.raises(BulkStoppedError) as error:
        run.run(messages(), workers=2)
    assert (tried, _ends(error.value.result)) == (["a"], ["sent", "not tried"])


def test_after_an_interrupt_nothing_more_starts_and_every_end_is_told() -> None:
    told: list[str] = []

    def messages() -> Iterator[str]:
        yield "a"
        assert begun.wait(LONG_S)
        yield "b"
        raise KeyboardInterrupt

    def attempt(message: str) -> End:
        begun.set()
        assert run._stopped.wait(LONG_S)
        return End(message, "sent")

    run = BulkRun(
        attempt,
        _end,
        pacer=Pacer(1000, ManualClock()),
        on_progress=lambda end: told.append(f"{end.message} {end.status}"),
    )
    begun = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        run.run(messages(), workers=1)
    assert told == ["a sent", "b not tried"]
