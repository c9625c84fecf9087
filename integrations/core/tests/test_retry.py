import logging
import traceback
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.errors import (
    InvalidRequestError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.log import get_logger
from integrations.core.retry import Retry, log_waits, parse_retry_after


def run(errors: list[ProviderError | None], retry: Retry) -> tuple[int, list[int]]:
    numbers: list[int] = []

    def attempt(number: int) -> int:
        numbers.append(number)
        error = errors.pop(0)
        if error:
            raise error
        return number

    return retry.call(attempt, may_retry=lambda error: error.retryable), numbers


def down() -> UnavailableError:
    return UnavailableError("down", provider="toy", status=503)


def test_it_tries_again_until_it_works() -> None:
    clock = ManualClock()
    assert run([down(), down(), None], Retry(clock=clock)) == (3, [1, 2, 3])
    assert len(clock.sleeps) == 2


def test_the_last_error_itself_is_raised() -> None:
    last = down()
    with pytest.raises(UnavailableError) as raised:
        run([down(), down(), last], Retry(clock=ManualClock()))
    assert raised.value is last


def test_what_must_not_be_repeated_is_not() -> None:
    clock = ManualClock()
    with pytest.raises(InvalidRequestError):
        run([InvalidRequestError("bad", provider="toy")], Retry(clock=clock))
    assert clock.sleeps == []


@pytest.mark.parametrize(("random", "waits"), [(0.0, [0.5, 1.0, 1.5]), (1.0, [1.0, 2.0, 3.0])])
def test_the_backoff_doubles_within_its_jitter_up_to_the_cap(
    random: float, waits: list[float]
) -> None:
    clock = ManualClock()
    policy = Retry(attempts=4, base_s=1.0, cap_s=3.0, clock=clock, random=lambda: random)
    run([down(), down(), down(), None], policy)
    assert clock.sleeps == waits


def test_retry_after_is_honoured_up_to_the_cap() -> None:
    clock = ManualClock()
    slow = RateLimitedError("slow", provider="toy", retry_after=5)
    run([slow, None], Retry(clock=clock, random=lambda: 0.0))
    assert clock.sleeps == [5]
    late = RateLimitedError("slow", provider="toy", retry_after=21)
    with pytest.raises(RateLimitedError):
        run([late], Retry(clock=clock, cap_s=20))
    assert clock.sleeps == [5]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base_s": -1}, {"cap_s": -0.1}])
def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="attempts"):
        Retry(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 30),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0),
        (None, None),
        ("soon", None),
        ("-3", None),
        ("\uff11", None),
    ],
)
def test_both_forms_of_retry_after_are_read(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, EXAMPLE_TIME) == seconds


WORDS = ["Mon,", "05", "Jan", "2026", "09:00:30", "GMT", "+9999", "-0000", "9" * 30, ":", "1e5"]


@given(
    st.text() | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.floats(-1e12, 1e12),
)
def test_no_retry_after_breaks_it(value: str, now: float) -> None:
    found = parse_retry_after(value, now)
    assert found is None or found >= 0


@given(st.integers(0, 10**9))
def test_both_forms_say_the_same(seconds: int) -> None:
    date = format_datetime(datetime.fromtimestamp(EXAMPLE_TIME + seconds, UTC), usegmt=True)
    assert parse_retry_after(date, EXAMPLE_TIME) == seconds
    assert parse_retry_after(str(seconds), EXAMPLE_TIME) == seconds


@given(
    random=st.sampled_from([0.0, 0.5, 0.999]),
    base=st.floats(0, 100),
    cap=st.floats(0, 100),
    attempts=st.integers(2, 12),
)
def test_every_wait_is_between_half_and_all_of_the_capped_backoff(
    random: float, base: float, cap: float, attempts: int
) -> None:
    clock = ManualClock()
    policy = Retry(attempts, base_s=base, cap_s=cap, clock=clock, random=lambda: random)
    with pytest.raises(UnavailableError):
        run([down() for _ in range(attempts)], policy)
    assert len(clock.sleeps) == attempts - 1
    for number, wait in enumerate(clock.sleeps):
        backoff = min(cap, base * 2**number)
        assert backoff / 2 <= wait <= backoff


@given(asked=st.floats(0, 20), random=st.sampled_from([0.0, 0.999]))
def test_a_wait_that_was_asked_for_is_neither_cut_nor_longer_than_the_cap(
    asked: float, random: float
) -> None:
    clock = ManualClock()
    slow = RateLimitedError("slow", provider="toy", retry_after=asked)
    run([slow, None], Retry(cap_s=20, clock=clock, random=lambda: random))
    assert asked <= clock.sleeps[0] <= min(20, asked * 1.1)


def test_one_attempt_is_no_retry() -> None:
    clock = ManualClock()
    with pytest.raises(UnavailableError):
        run([down()], Retry(attempts=1, clock=clock))
    assert clock.sleeps == []


def test_thousands_of_attempts_do_not_overflow() -> None:
    clock = ManualClock()
    errors: list[ProviderError | None] = [down() for _ in range(1100)]
    assert run([*errors, None], Retry(attempts=1200, clock=clock))[0] == 1101
    assert max(clock.sleeps) <= 20


def test_the_error_keeps_its_cause_and_nothing_of_the_loop() -> None:
    cause = OSError("socket")

    def attempt(number: int) -> None:
        raise down() from cause

    with pytest.raises(UnavailableError) as raised:
        Retry(clock=ManualClock()).call(attempt, may_retry=lambda _: True)
    assert raised.value.__cause__ is cause
    assert "RetryError" not in "".join(traceback.format_exception(raised.value))


def test_an_error_that_is_none_of_ours_passes_at_once() -> None:
    clock = ManualClock()

    def attempt(number: int) -> None:
        raise KeyError(number)

    with pytest.raises(KeyError, match="1"):
        Retry(clock=clock).call(attempt, may_retry=lambda _: True)
    assert clock.sleeps == []


def test_the_caller_is_told_of_each_wait_before_it_begins() -> None:
    clock, told = ManualClock(), list[tuple[ProviderError, int, float, int]]()
    errors = [down(), RateLimitedError("slow", provider="toy", retry_after=5)]

    def attempt(number: int) -> int:
        if number <= 2:
            raise errors[number - 1]
        return number

    Retry(clock=clock, random=lambda: 0.0).call(
        attempt,
        may_retry=lambda error: error.retryable,
        on_wait=lambda error, number, wait: told.append((error, number, wait, len(clock.sleeps))),
    )
    assert told == [(errors[0], 1, 0.25, 0), (errors[1], 2, 5.0, 1)]


def test_each_wait_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    log_waits(get_logger("toy"))(UnavailableError("down", provider="toy"), 2, 1.23456)
    assert caplog.messages == ["retry attempt=2 wait_s=1.235 error=UnavailableError"]
