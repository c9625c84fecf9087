"""Charts for notebooks: plain SVG in the page's own colours, the same bytes every time.

No plotting library: its fonts, ids and versions would change a committed output.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

from integrations.core.views import Html, moment

Point = tuple[float, float]

# Seen well on white and on black; each line has a dash of its own too, for those who see no colour.
_COLOURS = ("#2f7ed8", "#d9730d", "#2a9d5c", "#b4439e", "#a67c00")
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "14 5")
_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 50, 44
_STEPS = (1, 2, 2.5, 5, 10)


def chart(
    series: Mapping[str, Sequence[Point]],
    *,
    x: str = "",
    y: str = "",
    title: str = "",
    step: bool = False,
) -> Html:
    """Draw named lines over one pair of axes, both from zero.

    Args:
        series: points ``(x, y)`` by name, in the order in which they are joined.
        x: what the horizontal axis counts.
        y: what the vertical axis counts.
        title: said above the chart, and to those who cannot see it.
        step: keep a value until the next point, as counters do.

    Raises:
        ValueError: there is nothing to draw, or a value below zero.
    """
    points = [point for line in series.values() for point in line]
    if not points or min(min(point) for point in points) < 0:
        raise ValueError("series: give at least one point, and no value below zero")
    ticks_x, ticks_y = (_ticks(max(point[axis] for point in points)) for axis in (0, 1))

    def place(point: Point) -> Point:
        across = point[0] / ticks_x[-1] * (_WIDTH - _LEFT - _RIGHT)
        up = point[1] / ticks_y[-1] * (_HEIGHT - _TOP - _BOTTOM)
        return _LEFT + across, _HEIGHT - _BOTTOM - up

    # Titles begin at the left: a phone shows that side of a wide drawing first.
    parts = [_label(4, 16, title, anchor="start", weight=600)]
    parts += [_grid(place((0, tick))[1], tick) for tick in ticks_y]
    parts += [_label(place((tick, 0))[0], _HEIGHT - 26, _number(tick)) for tick in ticks_x]
    parts += [_label(_WIDTH / 2, _HEIGHT - 8, x), _label(4, _TOP - 12, y, anchor="start")]
    for index, (name, line) in enumerate(series.items()):
        parts.append(_line([place(point) for point in line], index, step))
        parts.append(_legend(name, index))
    return _svg(parts, _HEIGHT + 20 * len(series), f"{title}. {_told(series)}")


def timeline(events: Iterable[tuple[float, str, str]], *, title: str = "") -> Html:
    """Draw what happened when: each event is (Unix time, lane, text), one lane below the other.

    Raises:
        ValueError: there are no events.
    """
    ordered = sorted(events, key=lambda event: event[0])
    if not ordered:
        raise ValueError("events: give at least one")
    first, last = ordered[0][0], ordered[-1][0]
    lanes = list(dict.fromkeys(lane for _, lane, _ in ordered))
    row, left = 26, 132
    # Within an hour the date says nothing, and the seconds do.
    shown = slice(11, 19) if last - first < 3600 else slice(16)
    parts = [_label(4, 16, title, anchor="start", weight=600)]
    # One row an event, in order of time: texts never overlap, and the slope shows the pace.
    for index, (at, lane, text) in enumerate(ordered):
        y = 42 + row * index
        x = left + (at - first) / ((last - first) or 1) * 190
        colour = _COLOURS[lanes.index(lane) % len(_COLOURS)]
        parts.append(_label(left - 10, y + 4, moment(at)[shown], anchor="end"))
        parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(_label(left + 206, y + 4, f"{lane}: {text}", anchor="start"))
    told = "; ".join(f"{moment(at)[shown]} {lane}: {text}" for at, lane, text in ordered)
    return _svg(parts, 54 + row * len(ordered), f"{title}. {told}")


def _ticks(most: float) -> list[float]:
    """Return round numbers from zero to at least ``most``, six at the most."""
    raw = (most or 1) / 5
    power = 1.0
    while power * 10 <= raw:
        power *= 10
    while power > raw:
        power /= 10
    size = next(power * step for step in _STEPS if power * step >= raw * 0.999)
    count = 1
    while size * count < most * 0.999:
        count += 1
    return [size * index for index in range(count + 1)]


def _number(value: float) -> str:
    return f"{value:,.6g}"


def _label(x: float, y: float, text: str, *, anchor: str = "middle", weight: int = 400) -> str:
    if not text:
        return ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def _grid(y: float, tick: float) -> str:
    return (
        f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" '
        f'stroke="currentColor" stroke-opacity=".2"/>'
        f"{_label(_LEFT - 6, y + 4, _number(tick), anchor='end')}"
    )


def _stroke(index: int) -> str:
    dash = _DASHES[index % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{_COLOURS[index % len(_COLOURS)]}" stroke-width="2"{dashed}'


def _line(points: Sequence[Point], index: int, step: bool) -> str:
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}" if points else ""
    for _, (x, y) in pairwise(points):
        path += f"H{x:.1f}V{y:.1f}" if step else f"L{x:.1f} {y:.1f}"
    return f'<path d="{path}" fill="none" {_stroke(index)}/>'


def _legend(name: str, index: int) -> str:
    y = _HEIGHT + 4 + 20 * index
    mark = f'<line x1="{_LEFT}" y1="{y}" x2="{_LEFT + 30}" y2="{y}" {_stroke(index)}/>'
    return mark + _label(_LEFT + 38, y + 4, name, anchor="start")


def _told(series: Mapping[str, Sequence[Point]]) -> str:
    return "; ".join(
        f"{name}: {', '.join(f'{_number(x)} → {_number(y)}' for x, y in _some(line))}"
        for name, line in series.items()
    )


def _some(line: Sequence[Point], most: int = 12) -> Sequence[Point]:
    """Return a few points, the first and the last among them: a chart is told, not dictated."""
    if len(line) <= most:
        return line
    return [line[round(index * (len(line) - 1) / (most - 1))] for index in range(most)]


def _svg(parts: Iterable[str], height: float, told: str) -> Html:
    return Html(
        f'<svg role="img" aria-label="{escape(told)}" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'style="max-width:{_WIDTH}px;width:100%;color:inherit" fill="currentColor" '
        f'font-family="system-ui,sans-serif" font-size="12">{"".join(parts)}</svg>'
    )
