"""A phone verification for the notebook, step by step: what happens, and in which state it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from integrations.core.config import Mode, Secret
from integrations.core.views import BOX, MONO, Html

if TYPE_CHECKING:
    from integrations.core.codes import Checked

NUMBER, SESSION, ADDRESS = "+12025550142", "session-7f3a", "192.0.2.10"

_PLACES = {
    "nothing": (60, 110),
    "sent": (250, 110),
    "approved": (520, 40),
    "spent": (520, 110),
    "gone": (520, 180),
}
_ARROWS = (
    ("nothing", "sent", "start"),
    ("sent", "approved", "right code"),
    ("sent", "spent", "last attempt"),
    ("sent", "gone", "too late"),
)
_WIDTH, _HEIGHT = 600, 220
_HALF, _SLOPE = 50, 20


@dataclass(frozen=True)
class Step:
    """One step of a verification: what was done, what came back, what the phone shows."""

    title: str
    call: str
    answer: str
    state: str
    screen: tuple[str, ...] = ()


def steps() -> list[Step]:
    """Run a verification on the fake, and return what happened."""
    return list(_run())


def _run() -> Iterator[Step]:
    from integrations.core.code_limits import SendLimits
    from integrations.core.code_store import MemoryCodeStore
    from integrations.core.workbook import Workbook
    from integrations.twilio.verification import TwilioVerify

    lab = Workbook(Mode.MOCK, {}).mock("twilio")
    limits = SendLimits(
        Secret("a key of this page, of 32 bytes."), MemoryCodeStore(), clock=lab.clock
    )
    verification = TwilioVerify(lab.client, limits)

    def check(title: str, code: str) -> Step:
        return _checked(title, code, verification.check(NUMBER, code, session=SESSION), screen())

    def screen() -> tuple[str, ...]:
        return tuple(message.body for message in lab.fake.phone(NUMBER).messages)

    yield Step("Nobody has asked yet", "", "", "nothing")
    started = verification.start(NUMBER, session=SESSION, requester=ADDRESS)
    code = screen()[-1][-6:]
    yield Step(
        "Somebody types their number",
        "start(number)",
        "sent" if started.sent else "not sent",
        "sent",
        screen(),
    )
    for title in ("A slip of the finger", "And another"):
        yield check(title, code[::-1])
    yield check("The code as it was sent", code)
    yield check("The same code once more: a replay", code)
    lab.clock.advance(3600)
    verification.start(NUMBER, session=SESSION, requester=ADDRESS)
    code = screen()[-1][-6:]
    for _ in range(2):
        verification.check(NUMBER, code[::-1], session=SESSION)
    yield check("An hour later, a new code: the third wrong guess", code[::-1])
    yield check("The right code comes too late", code)
    lab.clock.advance(600)
    yield check("Ten minutes later", code)


def _checked(title: str, code: str, checked: "Checked", screen: tuple[str, ...]) -> Step:
    state = "sent" if checked.outcome == "wrong" else str(checked.outcome)
    left = f", {checked.attempts_left} left" if checked.attempts_left else ""
    return Step(title, f"check(number, {code!r})", f"{checked.outcome}{left}", state, screen)


def states(active: str = "") -> Html:
    """Draw the states of a verification, and mark the one that is ``active``."""
    parts = [_arrow(*arrow) for arrow in _ARROWS]
    parts.append(
        '<path d="M235,90 C225,40 275,40 265,90" fill="none" stroke="currentColor"/>'
        '<polygon points="265,90 261,81 270,82"/>'
        '<text x="250" y="42" text-anchor="middle">wrong code</text>'
    )
    parts += [_node(name, name == active) for name in _PLACES]
    told = "; ".join(f"{start} to {end}: {text}" for start, end, text in _ARROWS)
    return Html(
        f'<svg role="img" aria-label="{escape(told)}; sent to sent: wrong code" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="max-width:{_WIDTH}px;width:100%;color:inherit" '
        f'fill="currentColor" font-family="system-ui,sans-serif" font-size="13">{"".join(parts)}'
        "</svg>"
    )


def _node(name: str, active: bool) -> str:
    x, y = _PLACES[name]
    fill = "rgba(64,128,255,.35)" if active else "rgba(128,128,128,.12)"
    weight = "700" if active else "400"
    return (
        f'<rect x="{x - _HALF}" y="{y - _SLOPE}" width="{2 * _HALF}" height="{2 * _SLOPE}" rx="8" '
        f'fill="{fill}" stroke="currentColor" stroke-opacity=".5"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle" font-weight="{weight}">{name}</text>'
    )


def _arrow(start: str, end: str, text: str) -> str:
    (x1, y1), (x2, y2) = _PLACES[start], _PLACES[end]
    x1, x2 = x1 + _HALF, x2 - _HALF
    # Beside the line: above one that rises or is level, below one that falls.
    middle = (x1 + x2) // 2 - (20 if y2 > y1 else 0)
    above = (y1 + y2) // 2 + (24 if y2 > y1 else -24 if y2 < y1 else -8)
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2 - 8}" y2="{y2}" stroke="currentColor"/>'
        f'<polygon points="{x2},{y2} {x2 - 9},{y2 - 4} {x2 - 9},{y2 + 4}"/>'
        f'<text x="{middle}" y="{above}" text-anchor="middle">{escape(text)}</text>'
    )


def view(step: Step, number: int, total: int) -> str:
    """Return one step as HTML: the states, the call and its answer, and the phone."""
    call = f'<div style="{MONO}">{escape(step.call)} → <b>{escape(step.answer)}</b></div>'
    label = '<span style="opacity:.7">On the phone:</span>'
    phone = "".join(f"<div>{label} {escape(text)}</div>" for text in step.screen[-1:])
    return (
        f'<div style="{BOX}"><div style="font-weight:600">{number}/{total} · {escape(step.title)}'
        f"</div>{states(step.state).html}{call if step.call else ''}{phone}</div>"
    )


def stepper() -> Any:
    """Return the widget. It needs a running kernel; :func:`strip` shows the same without one."""
    import ipywidgets as widgets

    told = steps()
    slider = widgets.IntSlider(
        value=1, min=1, max=len(told), description="Step", readout=False, continuous_update=True
    )
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        shown.value = view(told[slider.value - 1], slider.value, len(told))

    slider.observe(show, names="value")
    show()
    return widgets.VBox([slider, shown])


def strip() -> Html:
    """Return every step in one table, for pages without a kernel."""
    head = "".join(f"<th>{name}</th>" for name in ("", "what happens", "call", "answer", "state"))
    rows = "".join(
        f"<tr><td>{number}</td><td>{escape(step.title)}</td>"
        f'<td style="{MONO}">{escape(step.call)}</td><td>{escape(step.answer)}</td>'
        f"<td><b>{escape(step.state)}</b></td></tr>"
        for number, step in enumerate(steps(), start=1)
    )
    return Html(
        f'<table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )
