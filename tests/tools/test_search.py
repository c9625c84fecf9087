import json
from pathlib import Path

import pytest

from book.tools.search import check_search, unfound, wanted

ROOT = Path(__file__).parents[2]
TERMS = {"loops_api_kei": 1, "email": [1, 2], "hardbounc": 3, "notfounderror": 0, "idempot": 1}
INDEX = f"Search.setIndex({json.dumps({'terms': TERMS, 'titleterms': {'kei': 1}})})"


@pytest.mark.parametrize(
    "name", ["LOOPS_API_KEY", "email.hardBounced", "NotFoundError", "idempotency key"]
)
def test_what_the_index_has_is_found(name: str) -> None:
    assert list(unfound(INDEX, [name])) == []


@pytest.mark.parametrize("name", ["LOOPS_API_TOKEN", "email.softBounced", "PlantedError", "…"])
def test_what_it_has_not_is_named(name: str) -> None:
    assert list(unfound(INDEX, [name])) == [name]


def test_every_kind_of_name_is_looked_for() -> None:
    names = wanted(ROOT)
    assert {"setting", "event", "error", "command", "term of the glossary"} == {*names.values()}
    assert names["LOOPS_API_KEY"] == "setting"
    assert names["outcome unknown"] == "term of the glossary"


def test_a_book_without_an_index_is_named(tmp_path: Path) -> None:
    assert "missing" in next(check_search(ROOT, tmp_path))
    (tmp_path / "searchindex.js").write_text(INDEX)
    told = list(check_search(ROOT, tmp_path))
    assert "search: the setting STRIPE_API_KEY is not found" in told
    assert "search: the setting LOOPS_API_KEY is not found" not in told
