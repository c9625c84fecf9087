"""The notebook's charts are drawn from real decisions."""

import pytest

from integrations.redis.explorer import compare, explorer, passed, preview
from integrations.redis.limits import ALGORITHMS, Limit

# One call, then a burst before the end of the first window and one after it.
EDGE = [0.0, *[9 + place / 20 for place in range(20)], *[10.2 + place / 20 for place in range(20)]]


@pytest.mark.parametrize(("algorithm", "most"), [("fixed", 20), ("log", 11), ("gcra", 13)])
def test_what_passes_is_what_the_algorithm_says(algorithm: str, most: int) -> None:
    limit = Limit(10, 10, algorithm)  # type: ignore[arg-type]
    assert passed(limit, EDGE)[-1] == (EDGE[-1], most)


def test_a_comparison_names_every_algorithm_and_says_the_same_each_time() -> None:
    limits = [Limit(10, 10, algorithm) for algorithm in ALGORITHMS]
    drawn = compare(limits, EDGE, title="edge").html
    assert all(name in drawn for name in ("calls", *ALGORITHMS))
    assert drawn == compare(limits, EDGE, title="edge").html


def test_the_preview_tells_how_many_pass() -> None:
    # A full bucket of 20, and 29.75 seconds at one in a second.
    assert "20 at once: 49 of 120 calls pass" in preview(10, 10, 20, 4)


def test_the_widget_shows_what_the_preview_shows() -> None:
    *controls, shown = explorer().children
    assert shown.value == preview()
    controls[0].value = 40
    assert shown.value == preview(limit=40)
