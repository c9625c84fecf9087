"""Tests that the book names exist: a page that points to nothing is a page that lies."""

import re
from pathlib import Path

import pytest

from tests.book_names import texts, unknown

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:tests|integrations)/[\w/]+\.py)(?:::(\w+))?`")
PAGES = sorted((ROOT / "book").glob("*.md"))
FOUND = sorted({(page.name, *named) for page in PAGES for named in NAMED.findall(page.read_text())})


@pytest.mark.parametrize(("page", "path", "name"), FOUND)
def test_a_test_that_a_page_names_is_there(page: str, path: str, name: str) -> None:
    assert (ROOT / path).is_file(), f"{page} names {path}"
    if name:
        assert f"def {name}(" in (ROOT / path).read_text(), f"{page} names {path}::{name}"


def test_the_security_page_shows_its_claims() -> None:
    assert len([each for each in FOUND if each[0] == "security.md"]) > 25


@pytest.mark.parametrize("page", texts())
def test_names_in_code_on_a_page_exist(page: str) -> None:
    assert not unknown(texts()[page])


@pytest.mark.parametrize(
    "planted",
    [
        "Set `LOOPS_API_KEYS`.",
        "Set `AWS_REGION_NAME`.",
        "Call ``LoopsClient.send_transactionals(...)``.",
        "See `integrations.core.retries`.",
        "See `integrations.loops.client.LoopClient`.",
        "Use `send_many_times(messages)`.",
        "The fixture `fake_stripes`.",
        "Run `make bok`.",
        "Run `python -m integrations doktor`.",
        "```sh\nmake tset\n```",
    ],
)
def test_a_planted_name_that_does_not_exist_is_found(planted: str) -> None:
    assert len(unknown(planted)) == 1


@pytest.mark.parametrize(
    "good",
    [
        "`LOOPS_API_KEY`, `AWS_PROFILE`, `HTTP_PROXY`, `X.y`",
        "`LoopsClient.send_transactional(to, ...)` and `Delivery.headers`",
        "`integrations.core.errors.ProviderError.retryable`",
        "`fake_stripe`, `outcome_unknown=True`, `make test`, ``a `b` c``",
        "{py:func}`~integrations.nowhere.at_all` is for the build to find",
        "```python\nsome_function_of_yours()\n```",
    ],
)
def test_a_name_that_exists_or_is_not_ours_passes(good: str) -> None:
    assert unknown(good) == []
