"""What a page names as shown by a test leads to the test."""

from pathlib import Path

from integrations.commands.proofs import label, proofs, words

ROOT = Path(__file__).parents[1]


def test_a_named_test_stands_on_the_page_once_under_its_label(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    named = "`tests/test_a.py::test_it_holds`"
    (tmp_path / "book" / "one.md").write_text(f"See {named}.\n")
    (tmp_path / "book" / "two.md").write_text(f"And {named} again, not `tests/test_a.py`.\n")
    page = proofs(tmp_path, "")
    assert page.count(f"({label('tests/test_a.py', 'test_it_holds')})=") == 1
    assert "{literalinclude} ../../tests/test_a.py\n:pyobject: test_it_holds\n" in page


def test_labels_of_different_tests_differ() -> None:
    page = proofs(ROOT, "")
    labels = [line for line in page.splitlines() if line.startswith("(proof-")]
    assert len(labels) == len(set(labels)) > 50


def test_a_name_is_read_as_words() -> None:
    assert words("test_a_checkout_s_links_stay") == "A checkout's links stay"


def test_a_test_of_a_suite_is_shown_with_its_class() -> None:
    page = proofs(ROOT, "")
    assert ":pyobject: SharedPromises.test_eight_threads_that_deliver_one_event_have_one" in page
    assert "## Django: workers" in page
