"""One-time codes against a model of four lines of state, by random stories."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.code_limits import CodeRules, SendLimits
from integrations.core.code_store import MemoryCodeStore
from integrations.core.codes import OneTimeCodes, Outcome
from integrations.core.config import Secret

RULES = CodeRules(
    life_s=60, attempts=2, cooldown_s=5, per_pair=(2, 100), per_number=(3, 100),
    per_requester=(4, 100), per_block=(5, 100),
)  # fmt: skip
NUMBERS = ("+12025550101", "+12025550102", "+12025660001")


@dataclass
class Kept:
    """What the model knows of one code."""

    code: str
    until: float
    left: int = RULES.attempts


class Model:
    """What should happen, written down without a store, a hash or a lock."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Kept] = {}
        self.sends: list[tuple[float, str, str]] = []

    def limit(self, now: float, number: str, who: str) -> str:
        mine = [(at, to, by) for at, to, by in self.sends if (to, by) == (number, who)]
        rules = {
            "cooldown": (1, RULES.cooldown_s, mine),
            "pair": (*RULES.per_pair, mine),
            "number": (*RULES.per_number, [s for s in self.sends if s[1] == number]),
            "requester": (*RULES.per_requester, [s for s in self.sends if s[2] == who]),
            "block": (*RULES.per_block, [s for s in self.sends if s[1][:-4] == number[:-4]]),
        }
        waits = {}
        for name, (most, window, counted) in rules.items():
            ends = sorted(at + window for at, _, _ in counted if at + window > now)
            waits[name] = ends[-most] - now if len(ends) >= most else 0.0
        longest = max(waits.values())
        return next(name for name, wait in waits.items() if wait == longest) if longest else ""

    def check(self, now: float, place: tuple[str, str], code: str) -> Outcome:
        kept = self.kept.get(place)
        if kept is None or kept.until <= now:
            return Outcome.GONE
        if kept.left == 0:
            return Outcome.SPENT
        kept.left -= 1
        if code == kept.code:
            del self.kept[place]
            return Outcome.APPROVED
        return Outcome.WRONG if kept.left else Outcome.SPENT


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "start", "right", "wrong", "wrong", "old"]),
        # Mostly the same: limits and attempts are reached only by those who insist.
        st.sampled_from([NUMBERS[0]] * 4 + [*NUMBERS[1:]]),
        st.sampled_from(["s1", "s1", "s1", "s2"]),
        st.sampled_from(["r1", "r1", "r1", "r2"]),
        st.sampled_from([0, 0, 0, 1, 5, 5, 5, 30, 60]),
    ),
    min_size=10,
    max_size=60,
)


@settings(max_examples=150)
@given(STEPS)
def test_every_story_ends_as_the_model_says(steps: list[tuple[str, str, str, str, int]]) -> None:
    clock, screen, model = ManualClock(0.0), ["000000"], Model()
    limits = SendLimits(Secret("k" * 32), MemoryCodeStore(sweep_every=3), RULES, clock)
    made = iter(range(1, 1000))
    codes = OneTimeCodes(
        limits, lambda _to, code: screen.append(code), new_code=lambda: f"{next(made):06d}"
    )
    for what, number, session, who, pause in steps:
        clock.advance(pause)
        now, place = clock.time(), (session, number)
        if what == "start":
            expected = model.limit(now, number, who)
            assert codes.start(number, session=session, requester=who).limit == expected
            if not expected:
                model.sends.append((now, number, who))
                model.kept[place] = Kept(screen[-1], now + RULES.life_s)
        else:
            right = model.kept[place].code if place in model.kept else "999999"
            typed = {"right": right, "wrong": "999998", "old": screen[-1]}[what]
            checked = codes.check(number, typed, session=session)
            assert checked.outcome == model.check(now, place, typed)
