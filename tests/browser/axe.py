"""What axe-core calls serious or worse."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Page

_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
_LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
# A few of each look: one may be hidden behind another at the moment.
_PER_LOOK = 3
_SERIOUS = ("serious", "critical")
# ``preload`` would fetch every style sheet again.
_RUN = """async (rules) => (await axe.run(document, {
    ...rules, preload: false, resultTypes: ["violations"],
})).violations"""
_BY_LOOK = """axe.configure({rules: [{id: "color-contrast", selector: "[data-look]"}]})"""


async def prepare(page: Page) -> None:
    """Load axe-core into the page."""
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    await page.evaluate(_BY_LOOK)


async def structure(page: Page) -> list[str]:
    """Return what is wrong whatever the colours are."""
    return _told(await page.evaluate(_RUN, {"rules": {"color-contrast": {"enabled": False}}}))


async def room(page: Page) -> list[str]:
    """Return what is wrong because of the size of the screen."""
    return _told(await page.evaluate(_RUN, _only("target-size", "scrollable-region-focusable")))


async def contrast(page: Page) -> list[str]:
    """Return what cannot be read in the present colours."""
    assert await page.evaluate(_LOOKS, _PER_LOOK) > 0, "no text was found on the page"
    return _told(await page.evaluate(_RUN, _only("color-contrast")))


def _only(*rules: str) -> dict[str, Any]:
    return {"runOnly": {"type": "rule", "values": rules}}


def _told(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['id']}: {node['html'][:160]} {_why(node)}"
        for each in violations
        if each["impact"] in _SERIOUS
        for node in each["nodes"][:5]
    ]


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return checks[0]["message"] if checks else ""
