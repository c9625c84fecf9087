"""Both backends keep the same promises; then what is special to Verify."""

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.core import faults
from integrations.core.code_limits import CodeRules, SendLimits
from integrations.core.code_store import MemoryCodeStore
from integrations.core.codes import OneTimeCodes, Outcome
from integrations.core.config import Mode, Secret
from integrations.core.errors import ConfigurationError, InvalidRequestError, NetworkError
from integrations.core.workbook import Mock, Workbook
from integrations.twilio import shortcuts
from integrations.twilio.client import TwilioClient
from integrations.twilio.shares import OWN_CHECKS
from integrations.twilio.verification import (
    OwnCodes,
    PhoneVerification,
    TwilioVerify,
    sms_sender,
)

VICTIM, OTHER = "+12025550142", "+12025550199"
KEY = Secret("k" * 32)
BY_CHANCE = ("created", "msecs", "relativeCreated", "thread", "process")
"""What of a log record holds digits that may be a code's."""


@dataclass
class Desk:
    """A backend on the fake, and the phones it sends to."""

    lab: Mock
    kind: str
    store: MemoryCodeStore

    @property
    def tries(self) -> int:
        return OWN_CHECKS if self.kind == "verify" else 5

    def backend(self, rules: CodeRules | None = None, dispatch: Any = None) -> PhoneVerification:
        limits = SendLimits(KEY, self.store, rules or CodeRules(), self.lab.clock)
        if self.kind == "verify":
            return TwilioVerify(self.lab.client, limits, dispatch=dispatch)
        return OwnCodes(OneTimeCodes(limits, sms_sender(self.lab.client), dispatch))

    def screen(self, number: str = VICTIM) -> list[str]:
        self.lab.clock.advance(5)  # a message takes its time
        return [message.body for message in self.lab.fake.phone(number).messages]

    def code(self, number: str = VICTIM) -> str:
        return "".join(letter for letter in self.screen(number)[-1] if letter.isdigit())


@pytest.fixture(params=["verify", "own"])
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(Workbook(Mode.MOCK, {}).mock("twilio"), request.param, MemoryCodeStore())


@pytest.fixture
def verify() -> Desk:
    return Desk(Workbook(Mode.MOCK, {}).mock("twilio"), "verify", MemoryCodeStore())


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


def test_the_right_code_is_approved_and_its_replay_is_not(desk: Desk) -> None:
    backend = desk.backend()
    assert backend.start(VICTIM, session="s", requester="r").sent
    code = desk.code()
    assert backend.check(VICTIM, f"{code[:3]} {code[3:]}", session="s").approved
    for session in ("s", "thief"):
        assert backend.check(VICTIM, code, session=session).outcome is Outcome.GONE


def test_a_wrong_code_is_not_approved_and_attempts_end(desk: Desk) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="s", requester="r")
    code = desk.code()
    checks = [backend.check(VICTIM, wrong(code), session="s") for _ in range(desk.tries)]
    assert [(each.outcome, each.attempts_left) for each in checks] == [
        *((Outcome.WRONG, left) for left in range(desk.tries - 1, 0, -1)),
        (Outcome.SPENT, 0),
    ]
    assert backend.check(VICTIM, code, session="s").outcome is Outcome.SPENT


def test_expired_code_is_refused(desk: Desk) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="s", requester="r")
    code = desk.code()
    desk.lab.clock.advance(600)
    assert backend.check(VICTIM, code, session="s").outcome is Outcome.GONE


def test_a_code_is_good_for_the_session_that_asked(desk: Desk) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="s", requester="r")
    code = desk.code()
    assert not backend.check(VICTIM, code, session="thief")
    assert not backend.check(OTHER, code, session="s")
    assert backend.check(VICTIM, code, session="s")


def test_strangers_without_a_start_cannot_use_up_attempts(desk: Desk) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="victim", requester="home")
    code = desk.code()
    for number in range(50):
        assert not backend.check(VICTIM, wrong(code), session=f"attacker-{number}")
    assert backend.check(VICTIM, code, session="victim")


def test_one_requester_cannot_use_up_the_sends_of_a_number(desk: Desk) -> None:
    backend = desk.backend()
    for number in range(100):
        backend.start(VICTIM, session=f"attacker-{number}", requester="attacker")
        desk.lab.clock.advance(10)
    assert len(desk.screen()) == 3
    assert backend.start(VICTIM, session="victim", requester="home").sent
    assert backend.check(VICTIM, desk.code(), session="victim")


def test_fifty_threads_guess_no_more_than_the_attempts(desk: Desk) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="s", requester="r")
    code, barrier = desk.code(), threading.Barrier(50)

    def guess(number: int) -> Outcome:
        barrier.wait()
        return backend.check(VICTIM, wrong(code, number + 1), session="s").outcome

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(guess, range(50)))
    tries = desk.tries
    assert (outcomes.count(Outcome.WRONG), outcomes.count(Outcome.SPENT)) == (tries - 1, 51 - tries)
    if desk.kind == "verify":
        asked = [r for r in desk.lab.fake.requests if r.path.endswith("/VerificationCheck")]
        assert len(asked) == tries


@pytest.mark.parametrize("odd", ["", "abc", "1" * 11, "١٢٣٤٥٦", None])
def test_what_is_no_code_is_an_attempt(desk: Desk, odd: Any) -> None:
    backend = desk.backend()
    backend.start(VICTIM, session="s", requester="r")
    checked = backend.check(VICTIM, odd, session="s")
    assert (checked.outcome, checked.attempts_left) == (Outcome.WRONG, desk.tries - 1)


@pytest.mark.parametrize("number", ["", "123", "+1", "Kim", "+999999999999999999", None])
def test_what_is_no_number_is_refused_before_anything(desk: Desk, number: Any) -> None:
    backend = desk.backend()
    with pytest.raises(InvalidRequestError, match="number"):
        backend.start(number, session="s", requester="r")
    with pytest.raises(InvalidRequestError, match="number"):
        backend.check(number, "123456", session="s")
    assert desk.lab.fake.requests == []
    assert desk.store._events == {}


def test_numbers_are_one_however_they_are_written(desk: Desk) -> None:
    backend = desk.backend()
    assert backend.start("+1 (202) 555-0142", session="s", requester="r").sent
    assert backend.start(VICTIM, session="s", requester="r").limit == "cooldown"
    assert backend.check(" +12025550142 ", desk.code(), session="s")


def story(desk: Desk, number: str, *, known: bool) -> list[object]:
    """Everything that somebody sees who tries a number in two sessions, for a long time."""
    jobs: list[Callable[[], None]] = []

    def dispatch(job: Callable[[], None]) -> None:
        jobs.append(job)

    backend, told = desk.backend(CodeRules(cooldown_s=1), dispatch), list[object]()
    for step in ("one", "two", "one"):
        started = backend.start(number, session=step, requester=number, known=known)
        told.append(started)
        while jobs:
            jobs.pop()()
        told += [backend.check(number, "0000000", session=step).outcome for _ in range(3)]
        told += [backend.check(number, "000000", session="two") for _ in range(3)]
        desk.lab.clock.advance(250)
        told.append(backend.check(number, "000000", session="one"))
    return told


def test_known_and_unknown_numbers_get_the_same_answers(desk: Desk) -> None:
    other = Desk(Workbook(Mode.MOCK, {}).mock("twilio"), desk.kind, MemoryCodeStore())
    assert story(desk, VICTIM, known=True) == story(other, VICTIM, known=False)
    assert desk.screen()
    assert other.screen() == []


def test_a_sending_that_is_slow_or_fails_tells_nobody_who_is_known(desk: Desk) -> None:
    def told(*, known: bool, trouble: Callable[[], None]) -> list[object]:
        jobs: list[Callable[[], None]] = []
        desk.store = MemoryCodeStore()
        backend = desk.backend(dispatch=jobs.append)
        answers: list[object] = [
            backend.start(VICTIM, session="s", requester="r", known=known),
            backend.check(VICTIM, "000000", session="s"),  # before anything is sent
        ]
        trouble()
        jobs.pop()()
        return [*answers, *(backend.check(VICTIM, "000000", session="s") for _ in range(5))]

    def blocked() -> None:
        desk.lab.fake.state.verify.blocked[VICTIM] = desk.lab.clock.time() + 60

    for trouble in (lambda: None, blocked):
        assert told(known=True, trouble=trouble) == told(known=False, trouble=trouble)


def test_a_code_that_was_sent_after_the_answer_lets_in_once(desk: Desk) -> None:
    jobs: list[Callable[[], None]] = []
    backend = desk.backend(dispatch=jobs.append)
    assert backend.start(VICTIM, session="s", requester="r").sent
    jobs.pop()()
    assert not backend.check(VICTIM, wrong(desk.code()), session="s")
    assert backend.check(VICTIM, desk.code(), session="s").approved
    assert not backend.check(VICTIM, desk.code(), session="s")


def test_not_sending_in_line_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="dispatch"):
        desk.backend().start(VICTIM, session="s", requester="r", known=False)
    assert desk.store._events == {}


def test_an_error_after_the_answer_is_logged_without_the_number(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.lab.faults.inject(*[faults.html_502] * 3)
    backend = desk.backend(dispatch=lambda job: job())
    assert backend.start(VICTIM, session="s", requester="r").sent
    assert "UnavailableError" in caplog.text
    assert VICTIM[1:] not in caplog.text


def test_nothing_secret_shows(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    backend = desk.backend()
    started = backend.start(VICTIM, session="s", requester="r")
    code = desk.code()
    checks = [backend.check(VICTIM, each, session="s") for each in (wrong(code), code)]
    shown = repr([backend, started, checks, desk.store._kept, desk.store._events])
    records = [vars(record) | dict.fromkeys(BY_CHANCE) for record in caplog.records]
    shown += f"{caplog.text}{records}"
    assert VICTIM[1:] not in shown
    assert "k" * 32 not in shown
    # Within a hash, six digits are those of a code by chance.
    assert not re.search(rf"(?<![0-9a-f])({code}|{wrong(code)})(?![0-9a-f])", shown)


def test_the_shortcuts_take_either(desk: Desk) -> None:
    backend = desk.backend()
    start, check = shortcuts.start_phone_verification, shortcuts.check_phone_verification
    assert start(VICTIM, session="s", requester="r", verification=backend).sent
    assert not check(VICTIM, wrong(desk.code()), session="s", verification=backend)
    assert check(VICTIM, desk.code(), session="s", verification=backend).approved


def test_the_shortcuts_default_to_verify_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_MODE", "mock")
    shortcuts.default_client.cache_clear()
    shortcuts.default_verification.cache_clear()
    try:
        assert shortcuts.start_phone_verification(VICTIM, session="s", requester="r").sent
        fake = shortcuts.default_client().fake
        code = fake.phone(VICTIM).messages[-1].body[-6:]
        assert shortcuts.check_phone_verification(VICTIM, code, session="s")
    finally:
        shortcuts.default_client.cache_clear()
        shortcuts.default_verification.cache_clear()


@pytest.mark.parametrize(
    ("prepare", "limit"),
    [
        (lambda state: state.verify.concurrent.add(VICTIM), "twilio:60212"),
        (lambda state: None, "twilio:60203"),
    ],
)
def test_the_limits_of_verify_are_told_as_ours_are(
    verify: Desk, prepare: Callable[[Any], None], limit: str
) -> None:
    if limit == "twilio:60203":
        for _ in range(5):
            verify.lab.client.start_verification(VICTIM)
    prepare(verify.lab.fake.state)
    started = verify.backend().start(VICTIM, session="s", requester="r")
    assert (started.sent, started.limit, started.retry_after) == (False, limit, 600.0)
    assert verify.store._kept == {}


def test_a_blocked_number_is_an_error_with_its_code(verify: Desk) -> None:
    verify.lab.fake.state.verify.blocked["+37125"] = verify.lab.clock.time() + 60
    with pytest.raises(InvalidRequestError) as caught:
        verify.backend().start("+37125551234", session="s", requester="r")
    assert caught.value.code == "60410"


def test_attempts_that_somebody_else_used_up_are_told(verify: Desk) -> None:
    backend = verify.backend()
    backend.start(VICTIM, session="s", requester="r")
    code = verify.code()
    for _ in range(5):
        verify.lab.client.check_verification(wrong(code), to=VICTIM)
    assert backend.check(VICTIM, code, session="s").outcome is Outcome.SPENT


def guessed(desk: Desk, backend: PhoneVerification, session: str) -> None:
    """Try five wrong codes."""
    for number in range(5):
        backend.check(VICTIM, wrong(desk.code(), number + 1), session=session)


def test_however_many_join_the_first_session_keeps_its_checks(desk: Desk) -> None:
    backend = desk.backend(CodeRules(per_number=(50, 3600.0)))
    backend.start(VICTIM, session="victim", requester="home")
    code = desk.code()
    # Verify itself sends a code five times at most, so four may join.
    for number in range(4):
        assert backend.start(VICTIM, session=f"s{number}", requester=f"r{number}").sent
        guessed(desk, backend, f"s{number}")
    if desk.kind == "verify":
        for _ in range(OWN_CHECKS - 1):
            assert backend.check(VICTIM, wrong(code), session="victim").outcome is Outcome.WRONG
    assert backend.check(VICTIM, code, session="victim").approved


def test_one_requester_that_comes_first_cannot_lock_out_a_number(desk: Desk) -> None:
    backend = desk.backend(CodeRules(cooldown_s=1))
    for session in ("a", "b", "c", "a"):
        backend.start(VICTIM, session=session, requester="2001:db8::1")
        guessed(desk, backend, session)
    assert backend.start(VICTIM, session="victim", requester="home").sent
    assert backend.check(VICTIM, desk.code(), session="victim").approved


def test_threads_of_one_requester_leave_the_owner_a_check(verify: Desk) -> None:
    backend = verify.backend(CodeRules(cooldown_s=1))
    for session in ("a", "b", "c"):
        backend.start(VICTIM, session=session, requester="mallory")
        verify.lab.clock.advance(1)
    backend.start(VICTIM, session="victim", requester="home")
    code, barrier = verify.code(), threading.Barrier(50)

    def guess(number: int) -> None:
        barrier.wait()
        for session in ("a", "b", "c", "d"):
            backend.check(VICTIM, wrong(code, number + 1), session=session)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(guess, range(50)))
    assert backend.check(VICTIM, code, session="victim").approved


def test_to_start_again_gives_no_more_checks(verify: Desk) -> None:
    backend = verify.backend(CodeRules(cooldown_s=1))
    for _ in range(3):
        assert backend.start(VICTIM, session="s", requester="r").sent
        guessed(verify, backend, "s")
    asked = [r for r in verify.lab.fake.requests if r.path.endswith("/VerificationCheck")]
    assert len(asked) == OWN_CHECKS
    verify.lab.clock.advance(600)
    backend.start(VICTIM, session="s", requester="another")
    assert backend.check(VICTIM, verify.code(), session="s").approved


def test_whoever_joins_is_told_of_the_one_check_there_is(verify: Desk) -> None:
    backend = verify.backend()
    backend.start(VICTIM, session="s", requester="r")
    backend.start(VICTIM, session="other", requester="r2")
    assert backend.check(VICTIM, wrong(verify.code()), session="other").outcome is Outcome.SPENT


@pytest.mark.parametrize("per_pair", [(5, 3600.0), (1, 100.0)])
def test_rules_that_let_one_requester_use_up_verifys_sends_are_refused(
    verify: Desk, per_pair: tuple[int, float]
) -> None:
    with pytest.raises(ValueError, match="per_pair"):
        verify.backend(CodeRules(per_pair=per_pair))


def test_a_service_limit_counts_the_requester(verify: Desk) -> None:
    limit = verify.lab.client.create_rate_limit("address")
    verify.lab.client.create_bucket(limit.sid, max_starts=1, interval_s=60)
    limits = SendLimits(KEY, verify.store, CodeRules(), verify.lab.clock)
    backend = TwilioVerify(verify.lab.client, limits, rate_limit="address")
    assert backend.start(VICTIM, session="s", requester="192.0.2.1").sent
    refused = backend.start(OTHER, session="s", requester="192.0.2.1")
    assert refused.limit == "twilio:20429"
    assert backend.start(OTHER, session="s", requester="192.0.2.2").sent


def test_a_lost_reply_may_be_started_again_with_the_same_code(verify: Desk) -> None:
    backend = verify.backend(CodeRules(cooldown_s=1))
    verify.lab.faults.inject(faults.reply_lost)
    with pytest.raises(NetworkError) as caught:
        backend.start(VICTIM, session="s", requester="r")
    assert caught.value.outcome_unknown
    assert "Start again" in str(caught.value)
    assert "list_messages" not in str(caught.value)
    verify.lab.clock.advance(1)
    assert backend.start(VICTIM, session="s", requester="r").sent
    first, second = verify.screen()
    assert first == second
    assert backend.check(VICTIM, verify.code(), session="s")


def test_a_check_whose_reply_is_lost_lets_nobody_in(verify: Desk) -> None:
    backend = verify.backend()
    backend.start(VICTIM, session="s", requester="r")
    verify.lab.faults.inject(faults.reply_lost)
    with pytest.raises(NetworkError, match="the code may be used up"):
        backend.check(VICTIM, verify.code(), session="s")
    assert backend.check(VICTIM, verify.code(), session="s").outcome is Outcome.GONE


def test_debug_mode_sends_nothing_and_approves_nothing() -> None:
    client = TwilioClient.from_env({"TWILIO_VERIFY_SERVICE_SID": "VA" + "0" * 32}, mode="debug")
    backend = TwilioVerify(client, SendLimits(KEY, MemoryCodeStore()))
    started = backend.start(VICTIM, session="s", requester="r")
    assert (started.sent, started.limit) == (False, "not sent")
    for code in ("000000", "123456", ""):
        assert backend.check(VICTIM, code, session="s").outcome is Outcome.GONE


def test_without_a_service_nothing_starts() -> None:
    client = TwilioClient.from_env({}, mode="debug")
    backend = TwilioVerify(client, SendLimits(KEY, MemoryCodeStore()))
    with pytest.raises(ConfigurationError, match="TWILIO_VERIFY_SERVICE_SID"):
        backend.start(VICTIM, session="s", requester="r")


def test_a_text_without_the_code_is_refused() -> None:
    client = TwilioClient.from_env({}, mode="mock")
    with pytest.raises(ValueError, match="code"):
        sms_sender(client, text="Your code is on its way")
