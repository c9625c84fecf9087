"""Check the built book: its pages, its outputs, its links, and that it loads nothing from outside.

Usage: python -m book.tools.check_book [HTML_FOLDER]
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
# What a page loads by itself; a link that a reader may follow is another matter.
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "object": "data",
    "embed": "src",
}
MACHINE_PATH = re.compile(r"(?<![\w/])/(?:home|root|Users|tmp)/[\w.-]+|site-packages/")
Page = BeautifulSoup


def toc_pages(root: Path) -> list[str]:
    """Return the names of the pages in the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))

    def files(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (value for key, value in node.items() if key in ("root", "file"))
        for child in node.values() if isinstance(node, dict) else node:
            if isinstance(child, (dict, list)):
                yield from files(child)

    return list(files(toc))


def check(root: Path, html: Path) -> list[str]:
    """Return everything that is wrong with the book in ``html``."""
    wrong = []
    pages: dict[Path, Page] = {}
    for path in sorted(html.rglob("*.html")):
        pages[path.resolve()] = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for name in toc_pages(root):
        path = (html / f"{name}.html").resolve()
        if path not in pages:
            wrong.append(f"{name}: the page is missing")
        elif (notebook := root / f"{name}.ipynb").exists():
            wrong += [f"{name}: {each}" for each in missing_outputs(notebook, pages[path])]
    for path, page in pages.items():
        here = path.relative_to(html.resolve())
        if "_static" not in here.parts:
            found = [*outside(page), *dangling(path, page, pages), *machine_paths(page)]
            wrong += [f"{here}: {each}" for each in found]
    return wrong


def missing_outputs(notebook: Path, page: Page) -> Iterator[str]:
    """Name the cells whose committed output the page does not show."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    blocks = page.select("div.cell_output")
    expected = [cell for cell in cells if cell["cell_type"] == "code" and cell["outputs"]]
    if not expected:
        yield "no cell has an output; a notebook shows what it does"
    if len(blocks) < len(expected):
        yield f"{len(expected)} cells have outputs, the page shows {len(blocks)}"
    for cell, block in zip(expected, blocks, strict=False):
        shown = _squeeze(block.get_text())
        for output in cell["outputs"]:
            if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
                if not block.select("script[type='application/vnd.jupyter.widget-view+json']"):
                    yield f"cell {cell['execution_count']}: its widget is not on the page"
            elif _squeeze(_visible(output)) not in shown:
                yield f"cell {cell['execution_count']}: its output is not on the page"


def _visible(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    markup = "".join(data.get("text/html") or data.get("image/svg+xml") or [])
    if markup:
        return BeautifulSoup(markup, "html.parser").get_text()
    return "".join(output.get("text") or data.get("text/plain") or [])


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def outside(page: Page) -> Iterator[str]:
    """Name what the page would load from another site."""
    for tag, attribute in LOADED.items():
        for node in page.find_all(tag):
            if re.match(r"(https?:)?//", str(node.get(attribute) or "")):
                yield f"<{tag}> loads {node.get(attribute)}"
    for node in page.find_all("link"):
        rel = " ".join(node.get("rel") or [])
        if rel not in ("canonical", "author") and re.match(
            r"(https?:)?//", str(node.get("href") or "")
        ):
            yield f"<link rel={rel}> loads {node.get('href')}"
    for node in page.find_all(["style", "script"]):
        if re.search(r"@import|url\(\s*['\"]?https?:|import\(['\"]https?:", node.get_text()):
            yield f"<{node.name}> imports from another site"


def dangling(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """Name links to pages, files or anchors that do not exist."""
    for node in page.find_all("a", href=True):
        parts = urlsplit(str(node["href"]))
        if parts.scheme or parts.netloc or str(node["href"]) in ("#", ""):
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            yield f"the link {node['href']} leads nowhere"
        elif parts.fragment and target in pages:
            anchor = unquote(parts.fragment)
            if anchor not in _anchors(pages[target]):
                yield f"the link {node['href']} has no anchor there"


def _anchors(page: Page) -> set[str]:
    return {str(node["id"]) for node in page.find_all(id=True)}


def machine_paths(page: Page) -> Iterator[str]:
    """Name paths of the machine that built the page."""
    for found in sorted(set(MACHINE_PATH.findall(page.get_text()))):
        yield f"shows the machine path {found}"


def main() -> int:
    """Print what is wrong, if anything, and return the exit status."""
    html = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "html"
    wrong = check(ROOT, html)
    for each in wrong:
        print(f"check_book: {each}")
    names = toc_pages(ROOT)
    print(f"check_book: {len(names)} pages, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
