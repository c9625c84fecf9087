"""Read every page once on each screen, and keep what was seen."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    async_playwright,
)

from tests.browser import axe
from tests.browser.conftest import FLAGS, SIZES

THEMES = ("light", "dark")
# The colours of a text do not depend on the screen, so each theme is read on one: light on the
# phone, dark on the desk. One page of each kind is read in all four, for what frames the text.
IN_FULL = ("book/index.html", "book/reference/api-loops.html", "notebooks/loops.html")
# Chromium reads each page in a process of its own.
_AT_ONCE = 2
# Milliseconds; a busy machine is no failure.
_PATIENCE = 120_000
# How far the widest thing that is not inside a box of its own sticks out.
_SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
# Sizes on the wire are the same whether the browser has the file already or not.
_WEIGHT = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const rest = performance.getEntriesByType("resource");
  return {
    html: page.encodedBodySize,
    bytes: rest.reduce((sum, each) => sum + each.encodedBodySize, page.encodedBodySize),
    requests: rest.length + 1,
    nodes: document.querySelectorAll("*").length,
    loaded: Math.round(page.loadEventEnd),
  };
}"""
_SETTLED = "() => document.getAnimations().every((each) => each.playState !== 'running')"
_THEME = "(name) => { document.documentElement.dataset.theme = name }"
_WIDGET_VIEWS = "script[type='application/vnd.jupyter.widget-view+json']"
_NEXT = "document.querySelector('a.right-next')?.href"


@dataclass(frozen=True)
class Weight:
    """What a first visit of a page costs: bytes without compression, and milliseconds."""

    html: int
    bytes: int
    requests: int
    nodes: int
    loaded: int


@dataclass
class Seen:
    """What a page did while it was open on one screen; every list names what is wrong."""

    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)
    sideways: int = 0
    next: str = ""
    weight: Weight | None = None

    def watch(self, page: Page, site: str) -> None:
        """Listen to the page from now on."""

        def asked(request: Request) -> None:
            if not request.url.startswith((site, "data:", "blob:")):
                self.outside.append(request.url)

        page.on("request", asked)
        page.on("requestfailed", lambda request: self.failed.append(f"no answer: {request.url}"))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("response", self._answered)
        page.on("console", self._heard)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.said.append(line.text)


Walk = dict[tuple[str, str], Seen]


def walk(chromium: str, site: str, names: Iterable[str]) -> Walk:
    """Visit the pages on all screens at once, and return what was seen, by screen and page."""
    return asyncio.run(_walk(chromium, site, list(names)))


async def _walk(chromium: str, site: str, names: list[str]) -> Walk:
    found: Walk = {}
    todo = iter([(size, name) for name in names for size in SIZES])

    async def work(contexts: dict[str, BrowserContext]) -> None:
        for size, name in todo:
            found[size, name] = await _visit(contexts[size], site, size, name)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        # One context for a screen, so that styles and scripts are fetched once for all pages.
        contexts = {size: await _screen(browser, size) for size in SIZES}
        await asyncio.gather(*(work(contexts) for _ in range(_AT_ONCE)))
        await browser.close()
    return found


async def _screen(browser: Browser, size: str) -> BrowserContext:
    width, height = SIZES[size]
    return await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )


async def _draw_widgets(page: Page) -> None:
    views = page.locator(_WIDGET_VIEWS)
    if await views.count():
        # What draws them is fetched when the reader comes near.
        await views.first.evaluate("(view) => view.parentElement.scrollIntoView()")
        await page.wait_for_selector("article .jupyter-widgets")


async def _visit(context: BrowserContext, site: str, size: str, name: str) -> Seen:
    seen = Seen()
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE)
    seen.watch(page, site)
    await page.goto(f"{site}/{name}", wait_until="load")
    seen.weight = Weight(**await page.evaluate(_WEIGHT))
    seen.sideways = await page.evaluate(_SIDEWAYS)
    seen.next = (await page.evaluate(_NEXT) or "").removeprefix(f"{site}/")
    await _draw_widgets(page)
    await axe.prepare(page)
    seen.axe = await (axe.structure if size == "desk" else axe.room)(page)
    for theme in THEMES if name in IN_FULL else [THEMES[size == "desk"]]:
        await page.evaluate(_THEME, theme)
        await page.wait_for_function(_SETTLED)
        seen.axe += [f"{theme}: {each}" for each in await axe.contrast(page)]
    await page.close()
    return seen
