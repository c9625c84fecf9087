import logging
import re
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.core.clock import ManualClock
from integrations.core.code_limits import CodeRules, SendLimits
from integrations.core.code_store import MemoryCodeStore
from integrations.core.codes import OneTimeCodes, Outcome, six_digits
from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError

VICTIM, OTHER = "+15551230001", "+15559870002"
KEY = Secret("k" * 32)
BY_CHANCE = ("created", "msecs", "relativeCreated", "thread", "process")
"""What of a log record holds digits that may be a code's."""
ROOMY = CodeRules(
    cooldown_s=0.001, per_pair=(10**6, 1.0), per_number=(10**6 + 1, 1.0),
    per_requester=(10**6, 1.0), per_block=(10**6 + 1, 1.0),
)  # fmt: skip


@dataclass
class Desk:
    """One-time codes with a phone whose screen can be read."""

    screen: list[tuple[str, str]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryCodeStore = field(default_factory=MemoryCodeStore)

    def codes(
        self, rules: CodeRules | None = None, key: Secret = KEY, **options: Any
    ) -> OneTimeCodes:
        limits = SendLimits(key, self.store, rules or CodeRules(), self.clock)
        return OneTimeCodes(limits, **{"send": self.show, **options})

    def show(self, to: str, code: str) -> None:
        self.screen.append((to, code))

    @property
    def code(self) -> str:
        return self.screen[-1][1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


def test_the_right_code_is_approved_once(desk: Desk) -> None:
    codes = desk.codes()
    assert codes.start(VICTIM, session="s", requester="1.2.3.4").sent
    assert codes.check(VICTIM, desk.code, session="s").approved
    again = codes.check(VICTIM, desk.code, session="s")
    assert (again.outcome, bool(again)) == (Outcome.GONE, False)


def test_a_typed_code_may_have_gaps(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    assert codes.check(VICTIM, f" {desk.code[:3]}-{desk.code[3:]} ", session="s")


def test_expired_code_is_refused(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    desk.clock.advance(600)
    assert codes.check(VICTIM, desk.code, session="s").outcome is Outcome.GONE


def test_the_last_attempt_spends_the_code(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    outcomes = [codes.check(VICTIM, wrong(desk.code), session="s") for _ in range(5)]
    assert [each.attempts_left for each in outcomes] == [4, 3, 2, 1, 0]
    assert [each.outcome for each in outcomes[3:]] == [Outcome.WRONG, Outcome.SPENT]
    assert codes.check(VICTIM, desk.code, session="s").outcome is Outcome.SPENT


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "١٢٣٤٥٦", "\ud800" * 6, None, 123456])
def test_what_is_no_code_is_an_attempt_and_wrong(desk: Desk, odd: object) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    checked = codes.check(VICTIM, odd, session="s")  # type: ignore[arg-type]
    assert (checked.outcome, checked.attempts_left) == (Outcome.WRONG, 4)


def test_a_new_code_burns_the_old_one(desk: Desk) -> None:
    made = iter(["111111", "222222"])
    codes = desk.codes(new_code=lambda: next(made))
    codes.start(VICTIM, session="s", requester="r")
    desk.clock.advance(31)
    codes.start(VICTIM, session="s", requester="r")
    assert codes.check(VICTIM, "111111", session="s").outcome is Outcome.WRONG
    assert codes.check(VICTIM, "222222", session="s")


def test_a_code_is_good_for_its_session_and_its_number_alone(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    assert codes.check(VICTIM, desk.code, session="thief").outcome is Outcome.GONE
    assert codes.check(OTHER, desk.code, session="s").outcome is Outcome.GONE
    assert codes.check(VICTIM, desk.code, session="s")


def test_nobody_can_lock_out_a_victim(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="victim", requester="home")
    code = desk.code
    for round_ in range(100):
        codes.check(VICTIM, wrong(code), session=f"attacker-{round_}")
        codes.start(VICTIM, session=f"attacker-{round_}", requester="attacker")
        desk.clock.advance(1)
    assert codes.check(VICTIM, code, session="victim")
    assert codes.start(VICTIM, session="victim", requester="home").sent


def test_fifty_threads_never_get_more_than_the_attempts(desk: Desk) -> None:
    compared: list[str] = []
    taken = desk.store.attempt

    def attempt(key: str, *, now: float) -> tuple[str, int]:
        found = taken(key, now=now)
        compared.append(found[0])
        return found

    desk.store.attempt = attempt  # type: ignore[method-assign]
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    barrier, code = threading.Barrier(50), desk.code

    def guess(number: int) -> Outcome:
        barrier.wait()
        return codes.check(VICTIM, wrong(code, number + 1), session="s").outcome

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(guess, range(50)))
    assert len([value for value in compared if value]) == 5
    assert (outcomes.count(Outcome.WRONG), outcomes.count(Outcome.SPENT)) == (4, 46)
    assert codes.check(VICTIM, code, session="s").outcome is Outcome.SPENT


def test_fifty_threads_with_the_right_code_get_in_once(desk: Desk) -> None:
    codes = desk.codes(CodeRules(attempts=10))
    codes.start(VICTIM, session="s", requester="r")
    barrier = threading.Barrier(50)

    def enter(_: int) -> bool:
        barrier.wait()
        return codes.check(VICTIM, desk.code, session="s").approved

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(enter, range(50))) == 1


def sends(desk: Desk, starts: list[tuple[str, str]], gap_s: float = 31) -> list[str]:
    codes, limits = desk.codes(), []
    for index, (number, requester) in enumerate(starts):
        limits.append(codes.start(number, session=f"s{index}", requester=requester).limit)
        desk.clock.advance(gap_s)
    return limits


@pytest.mark.parametrize(
    ("starts", "gap_s", "limit", "at"),
    [
        ([(VICTIM, "r")] * 2, 5, "cooldown", 1),
        ([(VICTIM, "r")] * 4, 31, "pair", 3),
        ([(VICTIM, f"r{n}") for n in range(7)], 31, "number", 6),
        ([(f"+1555{n:03d}0000", "r") for n in range(11)], 1, "requester", 10),
        ([(f"+371255{n:05d}", f"r{n}") for n in range(21)], 1, "block", 20),
    ],
)
def test_each_limit_stops_what_it_is_for(
    desk: Desk, starts: list[tuple[str, str]], gap_s: float, limit: str, at: int
) -> None:
    limits = sends(desk, starts, gap_s)
    assert (limits[:at], limits[at]) == ([""] * at, limit)
    assert len(desk.screen) == at


def test_waiting_as_told_is_enough(desk: Desk) -> None:
    codes = desk.codes()
    codes.start(VICTIM, session="s", requester="r")
    refused = codes.start(VICTIM, session="s", requester="r")
    assert (refused.sent, refused.retry_after) == (False, 30.0)
    desk.clock.advance(refused.retry_after)
    assert codes.start(VICTIM, session="s", requester="r").sent


def test_one_subscriber_of_ipv6_is_one_requester(desk: Desk) -> None:
    starts = [(f"+1555{n:03d}0000", f"2001:db8:1:2::{n:x}") for n in range(11)]
    assert sends(desk, starts)[-1] == "requester"
    mapped = [(f"+1666{n:03d}0000", f"::ffff:10.0.0.{n}") for n in range(11)]
    assert sends(desk, mapped)[-1] == ""


def test_known_and_unknown_numbers_get_the_same_answers(desk: Desk) -> None:
    jobs: list[Callable[[], None]] = []
    codes = desk.codes(dispatch=lambda job: jobs.insert(0, job))

    def story(number: str, known: bool) -> list[object]:
        told: list[object] = [
            codes.start(number, session=number, requester=number, known=known) for _ in range(2)
        ]
        told += [codes.check(number, "000000", session=number) for _ in range(7)]
        return told

    assert story(VICTIM, known=True) == story(OTHER, known=False)
    for job in jobs:
        job()
    assert [to for to, _ in desk.screen] == [VICTIM]


def test_no_code_opens_the_door_of_an_unknown_number(desk: Desk) -> None:
    codes = desk.codes(dispatch=lambda job: job(), new_code=lambda: "123456")
    codes.start(VICTIM, session="s", requester="r", known=False)
    assert codes.check(VICTIM, "123456", session="s").outcome is Outcome.WRONG


def test_known_and_unknown_numbers_cost_the_same_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    hashed = SendLimits.hash

    def counted(self: SendLimits, *parts: str) -> str:
        calls.append(f"{parts[0]}:{len(parts)}")
        return hashed(self, *parts)

    monkeypatch.setattr(SendLimits, "hash", counted)

    def dispatch(_: object) -> None:
        calls.append("dispatch")

    codes = desk.codes(dispatch=dispatch)

    def work(number: str, known: bool) -> list[str]:
        calls.clear()
        codes.start(number, session=number, requester=number, known=known)
        codes.check(number, "000000", session=number)
        return list(calls)

    assert work(VICTIM, known=True) == work(OTHER, known=False)


def test_known_and_unknown_numbers_take_the_same_time(desk: Desk) -> None:
    codes = desk.codes(ROOMY, dispatch=lambda job: None)
    took: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(400):
        desk.clock.advance(2)
        # Interleaved, and each goes first as often as the other, so that noise hits both alike.
        for known in (True, False) if turn % 2 else (False, True):
            start = time.perf_counter()
            codes.start(VICTIM if known else OTHER, session="s", requester="r", known=known)
            codes.check(VICTIM if known else OTHER, "000000", session="s")
            took[known].append(time.perf_counter() - start)
    known_s, unknown_s = (statistics.median(took[each]) for each in (True, False))
    # Sending in line would be a hundredfold; a noisy machine moves medians by a few per cent.
    assert 0.5 < known_s / unknown_s < 2


def test_not_sending_in_line_is_refused_because_its_timing_tells(desk: Desk) -> None:
    with pytest.raises(ValueError, match="dispatch"):
        desk.codes().start(VICTIM, session="s", requester="r", known=False)
    assert desk.store._kept == {}


def test_no_code_and_no_number_shows_anywhere(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    codes = desk.codes()
    started = codes.start(VICTIM, session="s", requester="r")
    checks = [codes.check(VICTIM, guess, session="s") for guess in (wrong(desk.code), desk.code)]
    refused = codes.start(VICTIM, session="s", requester="r")
    shown = repr([codes, started, checks, refused, desk.store._kept, desk.store._events])
    records = [vars(record) | dict.fromkeys(BY_CHANCE) for record in caplog.records]
    shown += f"{caplog.text}{records}"
    assert records
    assert VICTIM[1:] not in shown
    assert "k" * 32 not in shown
    # Within a hash, six digits are those of a code by chance.
    secrets = f"{desk.code}|{wrong(desk.code)}"
    assert not re.search(rf"(?<![0-9a-f])({secrets})(?![0-9a-f])", shown)


def test_what_is_stored_depends_on_the_key(desk: Desk) -> None:
    other = Desk()
    for each, key in ((desk, KEY), (other, Secret("x" * 32))):
        codes = each.codes(key=key, new_code=lambda: "123456")
        codes.start(VICTIM, session="s", requester="r")
    assert not set(desk.store._kept) & set(other.store._kept)


def test_a_failed_send_is_the_callers_in_line_and_logged_when_handed_over(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def send(to: str, code: str) -> None:
        raise RuntimeError(f"no route to {to} for {code}")

    with pytest.raises(RuntimeError):
        desk.codes(send=send).start(VICTIM, session="s", requester="r")
    codes = desk.codes(send=send, dispatch=lambda job: job())
    assert codes.start(VICTIM, session="s", requester="other").sent
    assert "RuntimeError" in caplog.text
    assert VICTIM not in caplog.text


@pytest.mark.parametrize("name", ["number", "session", "requester"])
@pytest.mark.parametrize("value", ["", " ", None])
def test_an_empty_argument_is_refused_before_anything(desk: Desk, name: str, value: object) -> None:
    given = {"number": VICTIM, "session": "s", "requester": "r", name: value}
    with pytest.raises(ValueError, match=name):
        desk.codes().start(**given)  # type: ignore[arg-type]
    assert (desk.screen, desk.store._kept, desk.store._events) == ([], {}, {})


def test_a_short_key_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError, match="32 bytes") as caught:
        SendLimits(Secret("tooshort"), MemoryCodeStore())
    assert "tooshort" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"life_s": 0},
        {"life_s": 3601},
        {"attempts": 0},
        {"attempts": 11},
        {"cooldown_s": 0},
        {"per_number": (0, 60.0)},
        {"per_block": (5, 0.0)},
        {"per_pair": (6, 60.0)},
        {"per_pair": (5, 60.0)},  # a shorter time: by and by, one requester sends them all
        {"per_requester": (20, 3600.0)},
        {"per_requester": (19, 60.0)},
    ],
)
def test_rules_that_do_not_limit_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        CodeRules(**changes)  # type: ignore[arg-type]


def test_codes_are_six_digits_and_spread() -> None:
    made = [six_digits() for _ in range(2000)]
    assert all(len(code) == 6 and code.isdigit() for code in made)
    assert {code[0] for code in made} == set("0123456789")
    assert len(set(made)) > 1900
