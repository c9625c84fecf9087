"""What a reader clicks: search, navigation, copying, downloads, answers, the next page."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES

SETTLED = "() => document.getAnimations().every((each) => each.playState !== 'running')"


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=site)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    yield context.new_page()
    context.close()


def test_the_address_of_the_site_is_the_landing_page(page: Page) -> None:
    page.goto("/")
    page.wait_for_url("**/book/index.html")
    expect(page.locator("article h1")).to_contain_text("Integrations Workbook")


def test_search_finds(page: Page) -> None:
    page.goto("/search.html?q=idempotency")
    expect(page.locator(".search li").first).to_be_visible()
    expect(page.locator(".search")).to_contain_text("idempotency", ignore_case=True)


def test_search_finds_the_code_of_an_error(page: Page) -> None:
    page.goto("/search.html?q=30034")
    expect(page.locator(".search")).to_contain_text("Troubleshooting")


def test_one_way_to_search_is_in_sight(page: Page) -> None:
    page.goto("/book/setup.html")
    expect(page.locator(".search-button:visible, .search-button-field:visible")).to_have_count(1)


def test_the_navigation_can_be_opened_and_closed(page: Page) -> None:
    page.goto("/book/index.html")
    width = page.viewport_size["width"] if page.viewport_size else 0
    link = page.locator(".bd-sidebar-primary .bd-links a").first

    def in_sight() -> bool:
        box = link.bounding_box()
        return bool(box and box["width"] and 0 <= box["x"] < width)

    before = in_sight()
    page.locator(".primary-toggle:visible").first.click()
    page.wait_for_function(SETTLED)
    assert in_sight() != before


def test_night_and_day_can_be_chosen(page: Page) -> None:
    page.goto("/book/index.html")
    button = page.locator(".theme-switch-button:visible").first
    for _ in range(3):
        button.click()
        if page.evaluate("document.documentElement.dataset.mode") == "dark":
            break
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_code_is_copied_as_it_stands(page: Page) -> None:
    page.goto("/notebooks/quickstart.html")
    cell = page.locator("div.cell_input").nth(1)
    cell.hover()
    cell.locator("button.copybtn").click()
    expect(cell.locator("button.copybtn.success")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()


def test_a_notebook_can_be_downloaded_and_opened(page: Page) -> None:
    page.goto("/notebooks/loops.html")
    page.get_by_label("Download this page").click()
    with page.expect_download() as download:
        page.locator("a.btn-download-source-button:visible").click()
    notebook = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert any(cell.get("outputs") for cell in notebook["cells"])


def test_an_answer_is_hidden_until_it_is_asked_for(page: Page) -> None:
    page.goto("/notebooks/loops.html")
    answer = page.locator("article details").last
    expect(answer.locator("> :not(summary)").first).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.locator("> :not(summary)").first).to_be_visible()


def test_next_and_previous_lead_there_and_back(page: Page) -> None:
    page.goto("/book/index.html")
    page.locator("a.right-next").click()
    page.wait_for_url("**/notebooks/quickstart.html")
    page.locator("a.left-prev").click()
    page.wait_for_url("**/book/index.html")


def test_a_card_of_the_landing_page_opens_its_guide(page: Page) -> None:
    page.goto("/book/index.html")
    page.locator(".sd-card").first.click()
    page.wait_for_url("**/notebooks/quickstart.html")


def test_a_widget_is_fetched_when_the_reader_comes_near(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/notebooks/redis_rate_limiting.html", wait_until="networkidle")
    assert not any(url.endswith("embed.js") for url in asked)
    view = page.locator("script[type='application/vnd.jupyter.widget-view+json']").first
    view.evaluate("(view) => view.parentElement.scrollIntoView()")
    handle = page.locator("[role=slider]").first
    expect(handle).to_be_visible()
    expect(handle).to_have_attribute("aria-label", re.compile(".+"))


def test_without_scripts_a_drawing_stands_in_for_the_widget(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/notebooks/redis_rate_limiting.html")
    expect(page.locator("div.cell_output svg[role=img]").first).to_be_visible()
    context.close()


def test_a_page_says_where_it_is_edited(page: Page) -> None:
    page.goto("/notebooks/loops.html")
    expect(page.locator(".extra_footer")).to_contain_text("notebooks/loops.ipynb")
    page.goto("/book/setup.html")
    expect(page.locator(".extra_footer")).to_contain_text("book/setup.md")
    expect(page.locator(".extra_footer")).to_contain_text("Python")
