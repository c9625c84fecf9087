"""One voice: what the style page asks of every page, where a machine can tell."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.book_names import ROOT, texts

# Generated between these marks, or as a whole; and what is a copy of another file.
_MADE = re.compile(r"<!-- integrations:begin -->.*?<!-- integrations:end -->", re.DOTALL)
_FENCE = re.compile(r"^(`{3,}|:{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"\b(simply|easily|obviously|please|we|our|let's)\b", re.IGNORECASE)
_TWO = re.compile(r"[a-z)`][.!?] (?=[A-Z`{])")
PAGES = [ROOT / "book" / f"{name}.md" for name in (
    "architecture", "production", "security", "services", "setup", "style", "troubleshooting"
)]  # fmt: skip
# Names of this book's own making speak of themselves.
_OURS = {"book/style.md", "book/changelog.md", "CONTRIBUTING.md"}


def prose(text: str) -> str:
    """Return a page without code, and without what is made from the code."""
    text = _FENCE.sub("", _MADE.sub("", text))
    return re.sub(r"(`+)(?!`).+?(?<!`)\1|<!--.*?-->|\]\(.*?\)", "", text, flags=re.DOTALL)


def misspoken(text: str) -> list[str]:
    """Return the words of another voice, and exclamation marks."""
    found = [match[0] for match in _WORDS.finditer(prose(text))]
    return found + re.findall(r"\w!(?=\s|$)", prose(text))


def crowded(text: str) -> Iterator[str]:
    """Walk over the lines that hold the end of a sentence and the beginning of another."""
    for line in _FENCE.sub("", _MADE.sub("", text)).splitlines():
        if not line.startswith(("|", "- ", "  ", "<")) and _TWO.search(line):
            yield line


@pytest.mark.parametrize("page", [name for name in texts() if name not in _OURS])
def test_a_page_speaks_to_you_in_plain_words(page: str) -> None:
    assert misspoken(texts()[page]) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sentence_has_a_line_of_its_own(page: Path) -> None:
    assert list(crowded(page.read_text(encoding="utf-8"))) == []


def test_another_voice_and_a_crowded_line_are_found() -> None:
    assert misspoken("Simply call it! We do, `please!` too.") == ["Simply", "We", "it!".strip("i")]
    assert misspoken("Call it.\n```sh\nplease!\n```\n") == []
    assert list(crowded("It works. Look at it.\n| a. B |\n- One. Two.\nIt ends.\n")) == [
        "It works. Look at it."
    ]
