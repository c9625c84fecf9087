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
from integrations.core.retry import Retry, parse_retry_after


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


def test_a_policy_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="attempts"):
        Retry(attempts=0)


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


@given(st.text())
def test_no_retry_after_breaks_it(value: str) -> None:
    found = parse_retry_after(value, EXAMPLE_TIME)
    assert found is None or found >= 0


def test_an_error_says_who_what_and_what_next() -> None:
    error = UnavailableError(
        "it broke", provider="toy", status=500, outcome_unknown=True, hint="Look first."
    )
    assert str(error) == "toy 500: it broke. The call may have taken effect. Look first."
    assert isinstance(InvalidRequestError("x", provider="toy"), ValueError)


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="go back"):
        ManualClock().advance(-1)
