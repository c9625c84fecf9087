"""Check one built page: what it loads, where its links lead, and whose paths it shows."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

# What a page loads by itself; a link that a reader may follow is another matter.
LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "iframe": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
# Links of these kinds say something about the page and load nothing.
NOT_LOADED = {"alternate", "author", "canonical", "help", "license", "next", "prev", "search"}
OUTSIDE = re.compile(r"(?:^|[\s,])(?:(?:https?|wss?):)?//[\w.-]", re.I)
CSS_OUTSIDE = re.compile(r"(?:@import|url\()\s*(?:url\()?['\"]?((?:https?:)?//[^'\")\s;]+)", re.I)
# A script that names another site's script or style is going to load it.
JS_OUTSIDE = re.compile(
    r"(?:import\s*\(?|from)\s*['\"`](https?://[^'\"`]+)"
    r"|['\"`]((?:https?:)?//[^\s'\"`]+\.(?:m?js|css|woff2?)(?:\?[^\s'\"`]*)?)['\"`]"
)
RUN = {"", "module", "text/javascript", "application/javascript"}
MACHINE_PATH = re.compile(
    r"(?<![\w/.:-])(?:/(?:home|root|Users|private|var/folders|tmp)/[\w.-]+|[A-Z]:\\Users\\\w+)"
    r"|[\w./-]*site-packages/"
)
Anchors = Mapping[Path, set[str]]


def anchors(page: BeautifulSoup) -> set[str]:
    """Return the places of a page that a link can lead to."""
    named = {str(node["name"]) for node in page.find_all("a", attrs={"name": True})}
    return named | {str(node["id"]) for node in page.find_all(id=True)}


def loads_from_outside(page: BeautifulSoup) -> Iterator[str]:
    """Name what the page would load from another site."""
    yield from _outside_elements(page)
    yield from _outside_links(page)
    styles = [style.get_text() for style in page.find_all("style")]
    for css in styles + [str(node["style"]) for node in page.find_all(style=True)]:
        yield from (f"a style loads {url}" for url in CSS_OUTSIDE.findall(css))
    for frame in page.find_all("iframe", srcdoc=True):
        yield from loads_from_outside(BeautifulSoup(str(frame["srcdoc"]), "html.parser"))
    for script in page.find_all("script"):
        if str(script.get("type") or "") in RUN:
            for found in JS_OUTSIDE.finditer(script.get_text()):
                yield f"a script loads {found[1] or found[2]}"


def _outside_elements(page: BeautifulSoup) -> Iterator[str]:
    for node in page.find_all(list(LOADED)):
        for attribute in LOADED[node.name]:
            if OUTSIDE.search(str(node.get(attribute) or "")):
                yield f"<{node.name}> loads {node.get(attribute)}"


def _outside_links(page: BeautifulSoup) -> Iterator[str]:
    for node in page.find_all("link", href=True):
        rel = _rel(node)
        if not set(rel) & NOT_LOADED and OUTSIDE.match(str(node["href"])):
            yield f"<link rel={' '.join(rel)}> loads {node['href']}"


def _rel(node: Tag) -> list[str]:
    rel = node.get("rel")
    return rel.split() if isinstance(rel, str) else list(rel or [])


def missing_files(path: Path, page: BeautifulSoup) -> Iterator[str]:
    """Name scripts, styles and pictures of the site that are not there."""
    loaders = [node for node in page.find_all(list(LOADED)) if node.name != "use"]
    wanted = [node.get(LOADED[node.name][0]) for node in loaders]
    wanted += [node["href"] for node in page.find_all("link", href=True)]
    for url in sorted({str(each) for each in wanted if each}):
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        if not (path.parent / unquote(parts.path)).is_file():
            yield f"it loads {url}, which does not exist"


def dangling_links(path: Path, page: BeautifulSoup, known: Anchors) -> Iterator[str]:
    """Name links to pages, files or anchors that do not exist."""
    for href in sorted({str(node["href"]) for node in page.find_all("a", href=True)}):
        parts = urlsplit(href)
        # "#" is how a script's button says that it is one.
        if parts.scheme or parts.netloc or href in ("#", ""):
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            yield f"the link {href} leads nowhere"
        elif parts.fragment and unquote(parts.fragment) not in known.get(target, {parts.fragment}):
            yield f"the link {href} has no anchor there"


def machine_paths(text: str, root: Path) -> Iterator[str]:
    """Name paths of the machine that built the page; ``text`` is its source or its words."""
    found = set(MACHINE_PATH.findall(text))
    if str(root) in text:
        found.add(str(root))
    for path in sorted(found):
        yield f"shows the machine path {path}: write it relative to the checkout"
