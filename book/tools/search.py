"""What a reader looks for is found: settings, events, errors, commands, the glossary's terms."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sphinx.search.en import SearchEnglish

_TERM = re.compile(r"^(\w[\w -]*)$\n^  \S", re.MULTILINE)


def wanted(root: Path) -> dict[str, str]:
    """Return what must be found, with what it is."""
    from integrations.commands.parser import usages
    from integrations.core.registry import discover

    found = dict.fromkeys(usages(), "command")
    glossary = (root / "book" / "glossary.md").read_text(encoding="utf-8")
    found |= dict.fromkeys(_TERM.findall(glossary), "term of the glossary")
    for each in discover().values():
        found |= dict.fromkeys((setting.name for setting in each.settings), "setting")
        found |= dict.fromkeys(each.event_types(), "event")
        found |= dict.fromkeys((row.error.__name__ for row in each.error_rows()), "error")
    return found


def unfound(index: str, names: Iterable[str]) -> Iterator[str]:
    """Name what no page of a ``searchindex.js`` is found by: each of its words must be there."""
    read: dict[str, Any] = json.loads(index[index.index("{") : index.rindex("}") + 1])
    known = read["terms"].keys() | read["titleterms"].keys()
    language = SearchEnglish({})
    for name in names:
        words = [word.lower() for word in language.split(name)]
        stems = {language.stem(word) for word in words if language.word_filter(word)}
        if not stems or stems - known:
            yield name


def check_search(root: Path, html: Path) -> Iterator[str]:
    """Name what the search of the book does not find."""
    path = html / "searchindex.js"
    if not path.is_file():
        yield "searchindex.js: it is missing, so the search finds nothing"
        return
    names = wanted(root)
    for name in unfound(path.read_text(encoding="utf-8"), names):
        yield f"search: the {names[name]} {name} is not found"
