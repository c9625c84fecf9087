"""The walk sees what is wrong: every fault is planted once, and found."""

from pathlib import Path

import pytest

from tests.browser.conftest import served
from tests.browser.walk import Walk, walk

STYLE = """<style>
  body { background: white; color: black; }
  html[data-theme=dark] body { background: black; color: white; }
  .pale { color: #aaa; }
  html[data-theme=dark] .pale { color: white; }
  html[data-theme=dark] .dim { color: #333; }
</style>"""
PAGE = f"""<!doctype html><html lang="en"><head><title>A page</title>
<link rel="icon" href="data:,">{STYLE}</head>
<body><main><h1>A page</h1><p>%s</p></main></body></html>"""
PLANTED = {
    "good": "Nothing is wrong here.",
    "outside": '<img alt="" src="http://127.0.0.1:9/pixel.png">',
    "missing": '<img alt="" src="nowhere.png">',
    "loud": "<script>console.error('broken')</script>",
    "thrown": "<script>throw new Error('broken')</script>",
    "wide": '<span style="display: block; width: 900px">wide</span>',
    "unnamed": "<button></button>",
    "pale": '<span class="pale">by day</span>',
    "dim": '<span class="dim">by night</span>',
}


@pytest.fixture(scope="module")
def walked(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder: Path = tmp_path_factory.mktemp("planted")
    for name, text in PLANTED.items():
        (folder / f"{name}.html").write_text(PAGE % text, encoding="utf-8")
    with served(folder) as site:
        return walk(chromium, site, [f"{name}.html" for name in PLANTED])


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_good_page_has_no_faults(walked: Walk, size: str) -> None:
    seen = walked[size, "good.html"]
    assert (seen.outside, seen.said, seen.axe, seen.sideways) == ([], [], [], 0)
    assert seen.weight is not None
    assert seen.weight.html > len(STYLE)


def test_requests_and_words_of_the_console_are_heard(walked: Walk) -> None:
    assert walked["desk", "outside.html"].outside == ["http://127.0.0.1:9/pixel.png"]
    assert any("nowhere.png" in each for each in walked["desk", "missing.html"].failed)
    assert "broken" in str(walked["desk", "loud.html"].said)
    assert "broken" in str(walked["desk", "thrown.html"].said)


def test_a_page_that_is_too_wide_for_a_phone_is_seen(walked: Walk) -> None:
    assert walked["phone", "wide.html"].sideways > 500
    assert walked["desk", "wide.html"].sideways == 0


def test_what_somebody_cannot_read_is_seen(walked: Walk) -> None:
    assert "button-name" in str(walked["desk", "unnamed.html"].axe)
    assert "light: color-contrast" in str(walked["phone", "pale.html"].axe)
    assert "dark: color-contrast" in str(walked["desk", "dim.html"].axe)
