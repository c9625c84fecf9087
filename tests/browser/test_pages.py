"""Every page, on a phone and on a desk, by day and by night."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.browser.conftest import HTML

# index.html only sends the reader on to book/index.html.
LEFT_OUT = {"_static", "_modules", "_sources", "index.html"}
PAGES = sorted(
    name
    for name in (path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    if name.split("/")[0] not in LEFT_OUT
)
SIZES = {"phone": (390, 844), "desk": (1360, 900)}
# How far the widest thing that is not inside a box of its own sticks out.
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
SETTLED = "() => document.getAnimations().every((each) => each.playState !== 'running')"
NIGHT = "document.documentElement.dataset.theme = 'dark'"


@dataclass
class Visit:
    """What a page did while it was open."""

    page: Page
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def answered(self, response: Response) -> None:
        if response.status >= 400:
            self.failures.append(f"{response.status} {response.url}")

    def heard(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.said.append(line.text)


@pytest.fixture(scope="module", params=SIZES)
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    seen = Visit(context.new_page())
    page = seen.page
    page.on("request", lambda sent: seen.requests.append(sent.url))
    page.on("requestfailed", lambda failed: seen.failures.append(failed.url))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("response", seen.answered)
    page.on("console", seen.heard)
    yield seen
    context.close()


def violations(page: Page) -> list[str]:
    """Return what axe-core calls serious or worse."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_there_is_a_book_to_read() -> None:
    assert len(PAGES) > 8, "run `make book` first"


@pytest.mark.parametrize("name", PAGES)
def test_the_page(visit: Visit, site: str, name: str) -> None:
    for kept in (visit.requests, visit.failures, visit.said):
        kept.clear()
    visit.page.goto(f"{site}/{name}", wait_until="load")
    outside = [url for url in visit.requests if not url.startswith((site, "data:", "blob:"))]
    assert outside == [], "a request left the site"
    assert visit.failures == []
    assert visit.said == [], "the console has errors"
    assert visit.page.evaluate(SIDEWAYS) <= 0, "it scrolls sideways"
    assert violations(visit.page) == []
    visit.page.evaluate(NIGHT)
    visit.page.wait_for_function(SETTLED)
    assert violations(visit.page) == []


def test_search_finds(visit: Visit, site: str) -> None:
    visit.page.goto(f"{site}/search.html?q=idempotency", wait_until="load")
    visit.page.wait_for_selector(".search li")
    assert "idempotency" in visit.page.inner_text(".search").lower()


def test_the_navigation_can_be_opened_and_closed(visit: Visit, site: str) -> None:
    visit.page.goto(f"{site}/book/index.html", wait_until="load")
    width = visit.page.viewport_size["width"] if visit.page.viewport_size else 0
    link = visit.page.locator(".bd-sidebar-primary .bd-links a").first

    def in_sight() -> bool:
        box = link.bounding_box()
        return bool(box and box["width"] and 0 <= box["x"] < width)

    before = in_sight()
    visit.page.locator(".primary-toggle:visible").first.click()
    visit.page.wait_for_function(SETTLED)
    assert in_sight() != before
