"""The notebooks are alive in JupyterLab: cells run, and widgets answer to Python."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.lab import NOTEBOOKS, PATIENCE, Lab, Notebook, code_cells, running

WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = "select, input, textarea, [role=slider]"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def widgets(name: str) -> int:
    return sum(WIDGET in str(cell["outputs"]) for cell in code_cells(name))


WITH_WIDGETS = [name for name in NAMES if widgets(name)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    # One for all notebooks, so that JupyterLab is fetched once.
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(desk: BrowserContext) -> Iterator[Page]:
    opened = desk.new_page()
    yield opened
    opened.close()


def test_there_are_widgets() -> None:
    assert len(WITH_WIDGETS) > 5


def test_drawings_are_shown_before_anything_is_run(page: Page, lab: Lab) -> None:
    Notebook(page, lab, "redis_rate_limiting.ipynb").open()
    drawing = page.locator(".jp-RenderedHTML svg[role=img]").first
    expect(drawing).to_be_attached(timeout=PATIENCE)


@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_every_control_of_a_widget_reaches_python(page: Page, lab: Lab, name: str) -> None:
    notebook = Notebook(page, lab, name)
    notebook.open()
    notebook.run()
    assert notebook.errors() == []
    drawn = page.locator(".jp-OutputArea-output > .widget-vbox")
    expect(drawn).to_have_count(widgets(name), timeout=PATIENCE)
    for index in range(drawn.count()):
        try_out(drawn.nth(index))
    assert notebook.outside == [], "a request left this machine"
    assert notebook.said == [], "the console has errors"


def try_out(widget: Locator) -> None:
    """Change each control, and see what Python makes of it."""
    shown = widget.locator(".widget-html-content")
    controls = widget.locator(CONTROLS).filter(visible=True)
    expect(controls.first).to_be_visible(timeout=PATIENCE)
    expect(shown).not_to_be_empty(timeout=PATIENCE)
    for index in range(controls.count()):
        control = controls.nth(index)
        before = shown.inner_html()
        change(control)
        told = f"{label(control)!r} was changed, and Python drew nothing new"
        expect(shown, told).not_to_have_js_property("innerHTML", before, timeout=PATIENCE)


def label(control: Locator) -> str:
    return control.locator("xpath=ancestor::*[label][1]/label").text_content() or ""


def change(control: Locator) -> None:
    """Choose another option, move one step, or write one character more."""
    if control.evaluate("(control) => control.matches('select')"):
        count = control.locator("option").count()
        chosen = control.evaluate("(control) => control.selectedIndex")
        control.select_option(index=(chosen + 1) % count)
    elif control.get_attribute("role") == "slider":
        control.press("ArrowRight")
    else:
        control.press("End")
        control.press_sequentially("7")
        # A field for a number speaks when it is left.
        control.blur()
