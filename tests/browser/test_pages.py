"""Every page, on a phone and on a desk, by day and by night."""

import pytest

from book.tools.check_book import toc_pages
from tests.browser.conftest import PAGES, ROOT, SIZES
from tests.browser.walk import Seen, Walk, Weight, walk

# Bytes as they are in the files; a host that compresses sends about a fifth.
HTML_BUDGET = 700_000
BYTES_BUDGET = 1_600_000
REQUESTS_BUDGET = 30
EVERY_PAGE = pytest.mark.parametrize(
    ("size", "name"), [(size, name) for name in PAGES for size in SIZES]
)


@pytest.fixture(scope="module")
def walked(chromium: str, site: str) -> Walk:
    return walk(chromium, site, PAGES)


@pytest.fixture
def seen(walked: Walk, size: str, name: str) -> Seen:
    return walked[size, name]


def weight(seen: Seen) -> Weight:
    assert seen.weight, "the page was not weighed"
    return seen.weight


def test_there_is_a_book_to_read() -> None:
    assert len(PAGES) > 8, "run `make book` first"


@EVERY_PAGE
def test_the_page_is_quiet_and_stays_on_the_site(seen: Seen) -> None:
    assert seen.outside == [], "a request left the site"
    assert seen.failed == []
    assert seen.said == [], "the console has errors"


@EVERY_PAGE
def test_the_page_does_not_scroll_sideways(seen: Seen) -> None:
    assert seen.sideways <= 0, f"it is {seen.sideways} px too wide"


@EVERY_PAGE
def test_everybody_can_read_the_page(seen: Seen) -> None:
    assert seen.axe == [], "\n".join(["axe-core finds", *seen.axe])


def test_next_leads_through_the_whole_book(walked: Walk) -> None:
    toc = [f"{name}.html" for name in toc_pages(ROOT)]
    assert [walked["phone", name].next for name in toc] == [*toc[1:], ""]


@EVERY_PAGE
def test_the_page_is_not_heavy(seen: Seen) -> None:
    cost = weight(seen)
    assert cost.html <= HTML_BUDGET
    assert cost.bytes <= BYTES_BUDGET
    assert cost.requests <= REQUESTS_BUDGET


def test_the_heaviest_pages_are_told(walked: Walk, capsys: pytest.CaptureFixture[str]) -> None:
    costs = {name: weight(walked["desk", name]) for name in PAGES}
    rows = sorted(costs.items(), key=lambda item: -item[1].bytes)[:5]
    with capsys.disabled():
        print("\n\nthe five heaviest pages, on a first visit:")
        print(f"{'html kB':>8} {'all kB':>8} {'requests':>8} {'nodes':>8} {'load ms':>8}  page")
        for name, cost in rows:
            sizes = (cost.html // 1000, cost.bytes // 1000, cost.requests, cost.nodes, cost.loaded)
            print(*(f"{size:>8}" for size in sizes), f" {name}")
