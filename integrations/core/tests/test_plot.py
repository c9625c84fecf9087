from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.plot import chart, timeline

NUMBERS = st.floats(min_value=0, max_value=1e9, allow_nan=False)
Series = dict[str, list[tuple[float, float]]]
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30)


def shown(html: str) -> ET.Element:
    return ET.fromstring(html)  # noqa: S314  # our own SVG


@given(st.dictionaries(st.text("ab<&\"'", min_size=1), POINTS, min_size=1, max_size=4))
def test_whatever_is_drawn_stays_inside_and_is_well_formed(
    series: Series,
) -> None:
    svg = shown(chart(series, title="t", step=True).html)
    width = float(svg.attrib["viewBox"].split()[2])
    for path in svg.iter("path"):
        for piece in path.attrib["d"].replace("V", "H").replace("M", "H").split("H")[1:]:
            assert 0 <= float(piece.split()[0]) <= width


def test_the_same_points_give_the_same_bytes_and_each_name_its_own_line() -> None:
    series: Series = {"fixed": [(0, 0), (1, 5)], "sliding": [(0.0, 0.0), (1.0, 3.0)]}
    first = chart(series, x="seconds", y="allowed", title="Bursts").html
    assert first == chart(series, x="seconds", y="allowed", title="Bursts").html
    lines = list(shown(first).iter("path"))
    assert len({line.attrib["d"] for line in lines}) == 2
    assert len({line.attrib["stroke"] for line in lines}) == 2
    assert all(word in first for word in ("fixed", "sliding", "seconds", "allowed", "Bursts"))


def test_a_higher_value_is_drawn_higher() -> None:
    path = next(shown(chart({"a": [(0, 1), (1, 4)]}).html).iter("path")).attrib["d"]
    start, end = path.removeprefix("M").split("L")
    assert float(start.split()[1]) > float(end.split()[1])


def test_a_step_keeps_the_value_until_the_next_point() -> None:
    drawn = chart({"a": [(0, 1), (1, 4)]}, step=True).html
    assert "H" in next(shown(drawn).iter("path")).attrib["d"]


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [(0, -1)]}, {"a": [(-1, 0)]}])
def test_nothing_and_values_below_zero_are_refused(
    series: Series,
) -> None:
    with pytest.raises(ValueError, match="series"):
        chart(series)


def test_a_timeline_tells_its_events_in_order_of_time() -> None:
    drawn = timeline([(120, "invoice", "paid"), (0, "trial", "<starts>")], title="Life").html
    svg = shown(drawn)
    texts = [text.text or "" for text in svg.iter("text")]
    assert texts.index("trial: <starts>") < texts.index("invoice: paid")
    first, second = svg.iter("circle")
    assert float(first.attrib["cx"]) < float(second.attrib["cx"])
    assert first.attrib["fill"] != second.attrib["fill"]
    assert "00:02:00 invoice" in svg.attrib["aria-label"]


def test_a_timeline_of_days_shows_dates() -> None:
    svg = shown(timeline([(0, "trial", "starts"), (86_400, "trial", "ends")]).html)
    assert "1970-01-02 00:00 trial" in svg.attrib["aria-label"]


def test_a_timeline_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="events"):
        timeline([])
