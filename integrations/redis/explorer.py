"""A limit to try out in the notebook: decisions of a real limiter, on a clock that is turned."""

from collections.abc import Iterable, Sequence
from typing import Any

from integrations.core.clock import ManualClock
from integrations.core.plot import Point, chart
from integrations.redis.limits import Limit

# How long the widget looks.
SECONDS = 30


def passed(limit: Limit, arrivals: Iterable[float]) -> list[Point]:
    """Send one subject's calls at these seconds, and count those that pass.

    Returns:
        for each call its time, and how many have passed so far.
    """
    from integrations.redis.client import RedisClient
    from integrations.redis.ratelimit import RateLimiter

    clock, count, points = ManualClock(), 0, list[Point]()
    begin = clock.time()
    with RedisClient.from_env({}, mode="mock", clock=clock) as client:
        limiter = RateLimiter(client, limit)
        for at in arrivals:
            clock.advance(max(0.0, begin + at - clock.time()))
            count += limiter.hit("caller").allowed
            points.append((at, float(count)))
    return points


def compare(limits: Sequence[Limit], arrivals: Sequence[float], *, title: str = "") -> Any:
    """Draw what each limit lets through of the same calls."""
    lines = {str(limit.algorithm): passed(limit, arrivals) for limit in limits}
    return chart(lines, x="seconds", y="calls that passed", title=title, step=True)


def preview(limit: int = 10, window: float = 10, burst: int = 10, rate: int = 4) -> str:
    """Return the chart of a steady caller against a token bucket, as HTML.

    Args:
        limit: how many may pass in a window.
        window: seconds.
        burst: how many may pass at once.
        rate: calls in a second.
    """
    arrivals = [number / rate for number in range(SECONDS * rate)]
    bucket = Limit(limit, window, burst=burst)
    points = passed(bucket, arrivals)
    of = f"{points[-1][1]:.0f} of {len(arrivals)} calls pass"
    calls = [(at, float(number)) for number, at in enumerate(arrivals, start=1)]
    lines = {"calls": calls, "passed": points}
    title = f"{bucket}, {burst} at once: {of}"
    return chart(lines, x="seconds", y="calls", title=title, step=True).html


def explorer() -> Any:
    """Return the widget. It needs a running kernel; :func:`preview` shows the same without one."""
    import ipywidgets as widgets

    def slider(value: int, most: int, name: str) -> Any:
        return widgets.IntSlider(
            value=value, min=1, max=most, description=name, continuous_update=False
        )

    controls = {
        "limit": slider(10, 60, "limit"),
        "window": slider(10, 30, "window, s"),
        "burst": slider(10, 60, "burst"),
        "rate": slider(4, 10, "calls/s"),
    }
    shown = widgets.HTML()

    def show(_: object = None) -> None:
        shown.value = preview(**{name: control.value for name, control in controls.items()})

    for control in controls.values():
        control.observe(show, names="value")
    show()
    return widgets.VBox([*controls.values(), shown])
