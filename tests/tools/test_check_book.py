"""A good book passes, and each defect of a built page is found and named."""

from pathlib import Path
from typing import Any

import pytest

from book.tools.check_book import check, main
from book.tools.widgets import STATE_MIME, VIEW_MIME
from tests.tools.samples import code, error, notebook, result, save, stream

MODEL = f"{1:032x}"
VIEW = {VIEW_MIME: {"model_id": MODEL}, "text/plain": "HTML(value='hello')"}
CELLS = (
    code("print('sent\\nonce')", stream("sent\nonce\n")),
    code("table", result(text_html="<table><tr><td>a@example.com</td></tr></table>")),
    code("drawing", {**result(), "data": {"image/svg+xml": "<svg></svg>"}}),
    code("widget", {**result(), "data": VIEW}),
    code("fail", error("ValueError", "\x1b[31mValueError\x1b[0m: no address")),
)
PAGE = f"""<!DOCTYPE html><html><head>
<link rel="stylesheet" href="../_static/book.css"><link rel="canonical" href="https://x.example">
<script src="../_static/book.js"></script><style>p {{ color: red }}</style></head><body>
<h1 id="top">Loops</h1>
<a href="https://loops.so">Loops</a> <a href="#top">top</a> <a href="../index.html">home</a>
<p>Run <code>python -m integrations</code>, see /api/v1/events.</p>
<div class="cell_output"><pre>1</pre></div>
<div class="cell_output"><pre>sent
once</pre></div>
<div class="cell_output"><table><tr><td>a@example.com</td></tr></table></div>
<div class="cell_output"><img src="../_static/drawing.svg"></div>
<div class="cell_output"><script type="{VIEW_MIME}">{{"model_id": "{MODEL}"}}</script></div>
<div class="cell_output"><pre><span>ValueError</span>: no address</pre></div>
<script type="{STATE_MIME}">{{"state": {{"{MODEL}": {{}}}}}}</script>
</body></html>"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Build a book of one page by hand."""
    for name in ("notebooks", "_build/html/notebooks", "_build/html/_static"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "_toc.yml").write_text(
        "root: index\nparts:\n  - chapters:\n      - file: notebooks/loops\n"
    )
    save(tmp_path / "notebooks/loops.ipynb", notebook(*CELLS))
    html = tmp_path / "_build/html"
    (html / "index.html").write_text("<a href='notebooks/loops.html#top'>Loops</a>")
    for name in ("book.css", "book.js", "drawing.svg"):
        (html / "_static" / name).touch()
    (html / "notebooks/loops.html").write_text(PAGE)
    return tmp_path


def found(root: Path, old: str = "", new: str = "") -> list[str]:
    """Check the book after a change of the page of the notebook."""
    page = root / "_build/html/notebooks/loops.html"
    assert old in PAGE
    page.write_text(PAGE.replace(old, new, 1) if old else PAGE)
    return check(root, root / "_build/html")


def test_a_good_book_passes(root: Path) -> None:
    assert found(root) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sent\nonce", "sent\ntwice", "cell 2: its output is not on the page: 'sent"),
        ("<td>a@example.com</td>", "<td></td>", "cell 3: its output is not on the page"),
        ("<table><tr><td>a@example.com</td></tr></table>", "a@example.com", "its <table> is not"),
        ('<img src="../_static/drawing.svg">', "", "cell 4: its picture is not on the page"),
        (f'"model_id": "{MODEL}"', '"model_id": "other"', "cell 5: its widget is not on the page"),
        (f'"state": {{"{MODEL}": {{}}}}', '"state": {}', "cell 5: its widget has no saved state"),
        ("no address", "no", "cell 6: its output is not on the page"),
        ('<div class="cell_output"><pre>1</pre></div>', "", "6 cells have outputs, the page shows"),
    ],
)
def test_a_missing_output_is_found(root: Path, old: str, new: str, says: str) -> None:
    assert any(says in each for each in found(root, old, new)), found(root, old, new)


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<link rel="preload" as="font" href="https://cdn.example/x.woff2">',
        '<link rel="preconnect" href="https://cdn.example">',
        '<img src="https://cdn.example/x.png">',
        '<img src="a" srcset="a 1x, https://cdn.example/x.png 2x">',
        '<iframe src="https://cdn.example"></iframe>',
        '<iframe srcdoc="<script src=//cdn.example/x.js>"></iframe>',
        "<style>@import 'https://cdn.example/x.css'</style>",
        "<style>@font-face { src: url(//cdn.example/x.woff2) }</style>",
        '<p style="background: url(https://cdn.example/x.png)">x</p>',
        "<script>import('https://cdn.example/x')</script>",
        "<script>const THEBE = 'https://unpkg.example/thebe/index.js'</script>",
        '<svg><image xlink:href="https://cdn.example/x.png"></image></svg>',
    ],
)
def test_a_request_to_another_site_is_found(root: Path, markup: str) -> None:
    assert any("loads " in each for each in found(root, "</body>", f"{markup}</body>"))


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        ('<a href="gone.html">x</a>', "the link gone.html leads nowhere"),
        ('<a href="#gone">x</a>', "the link #gone has no anchor there"),
        ('<a href="../notebooks/loops.html#gone">x</a>', "has no anchor there"),
        ('<script src="../_static/gone.js"></script>', "gone.js, which does not exist"),
        ('<img src="gone.png">', "gone.png, which does not exist"),
        ("<p>/home/sam/book/x.py</p>", "shows the machine path /home/sam"),
        ("<p>/usr/lib/python3/site-packages/x.py</p>", "site-packages/"),
        ('<p title="/Users/sam/x">x</p>', "shows the machine path /Users/sam"),
    ],
)
def test_a_broken_link_or_a_machine_path_is_found(root: Path, markup: str, says: str) -> None:
    assert any(says in each for each in found(root, "</body>", f"{markup}</body>"))


def test_the_checkouts_own_path_is_found(root: Path) -> None:
    assert any(str(root) in each for each in found(root, "Loops</h1>", f"{root}/x.py</h1>"))
    (root / "_build/html/searchindex.js").write_text(f"{root}/x.py")
    assert any("searchindex.js" in each for each in found(root))


def test_a_style_sheet_that_loads_from_outside_is_found(root: Path) -> None:
    css = root / "_build/html/_static/book.css"
    css.write_text("@import url('https://cdn.example/x.css');")
    assert found(root) == ["_static/book.css: loads https://cdn.example/x.css"]


def test_a_page_of_the_contents_that_is_missing_is_found(root: Path) -> None:
    (root / "_toc.yml").write_text("root: index\nchapters:\n  - file: book/gone\n")
    assert found(root) == ["book/gone: the page is missing: is there a source of that name?"]


def test_a_notebook_without_outputs_is_found(root: Path) -> None:
    bare: dict[str, Any] = notebook()
    bare["cells"][0]["outputs"] = []
    save(root / "notebooks/loops.ipynb", bare)
    assert any("no cell has an output" in each for each in found(root))


def test_without_a_book_the_check_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none")]) == 1
    assert "run `make book`" in capsys.readouterr().err
