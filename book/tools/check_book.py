"""Check the built book: its pages, its outputs, its links, and that it loads nothing from outside.

Usage: python -m book.tools.check_book [HTML_FOLDER]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup

from book.tools import pages
from book.tools.outputs import missing_outputs
from book.tools.search import check_search

ROOT = Path(__file__).resolve().parents[2]
Pages = dict[Path, BeautifulSoup]


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


def read_pages(html: Path) -> Pages:
    """Parse every page, and leave out what stands among the static files."""
    found = (path for path in sorted(html.rglob("*.html")) if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in found}


def check_toc(root: Path, html: Path, read: Pages) -> Iterator[str]:
    """Name missing pages, and notebook pages without their outputs."""
    for name in toc_pages(root):
        path, notebook = html / f"{name}.html", root / f"{name}.ipynb"
        if path not in read:
            yield f"{name}: the page is missing: is there a source of that name?"
        elif notebook.exists():
            yield from (f"{name}: {each}" for each in missing_outputs(notebook, read[path]))


def check_pages(root: Path, html: Path, read: Pages) -> Iterator[str]:
    """Name what is wrong with each page by itself, and with its links."""
    anchors = {path: pages.anchors(page) for path, page in read.items()}
    for path, page in read.items():
        here = path.relative_to(html)
        yield from (f"{here}: {each}" for each in pages.loads_from_outside(page))
        yield from (f"{here}: {each}" for each in pages.missing_files(path, page))
        yield from (f"{here}: {each}" for each in pages.dangling_links(path, page, anchors))
        text = page.get_text() + str(page)
        yield from (f"{here}: {each}" for each in pages.machine_paths(text, root))


def check_files(root: Path, html: Path) -> Iterator[str]:
    """Name styles that load from outside, and any text that holds the checkout's path."""
    for path in sorted(html.rglob("*")):
        if path.suffix not in {".css", ".js", ".json", ".txt", ".svg", ".ipynb", ".md"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        here = path.relative_to(html)
        if str(root) in text:
            yield f"{here}: holds the checkout's path {root}"
        if path.suffix == ".css":
            yield from (f"{here}: loads {url}" for url in pages.CSS_OUTSIDE.findall(text))


def check(root: Path, html: Path) -> list[str]:
    """Return everything that is wrong with the book in ``html``."""
    root, html = root.resolve(), html.resolve()
    if not html.is_dir():
        return [f"there is no book in {html}: run `make book`"]
    read = read_pages(html)
    return [
        *check_toc(root, html, read),
        *check_pages(root, html, read),
        *check_files(root, html),
        # A book of another package has other names.
        *(check_search(root, html) if (root / "integrations").is_dir() else ()),
    ]


def main(argv: list[str] | None = None) -> int:
    """Print what is wrong, if anything, and return the exit status."""
    args = sys.argv[1:] if argv is None else argv
    wrong = check(ROOT, Path(args[0]) if args else ROOT / "_build" / "html")
    for each in wrong:
        print(f"check_book: {each}", file=sys.stderr)
    print(f"check_book: {len(toc_pages(ROOT))} pages, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
