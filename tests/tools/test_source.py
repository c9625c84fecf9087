"""Each page leads to its source, truly; and to a repository where one is published."""

import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from tests.tools.extensions import EXTENSIONS, book_extension

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/owner/name"


@pytest.fixture(scope="module")
def extension() -> ModuleType:
    return book_extension("workbook_source")


def _said(extension: ModuleType, name: str) -> str:
    path = Path(name)
    return str(extension.source(path, (ROOT / path).read_text(encoding="utf-8")))


def test_a_page_says_where_it_is_edited(extension: ModuleType) -> None:
    assert "<code>book/security.md</code>" in _said(extension, "book/security.md")
    assert "make docs" not in _said(extension, "book/security.md")
    assert "NB=loops</code>" in _said(extension, "notebooks/loops.ipynb")


def test_what_is_written_from_the_code_is_not_to_be_edited(extension: ModuleType) -> None:
    for name in ("book/reference/errors.md", "book/reference/api-loops.md", "book/s3-mock.md"):
        assert "written by <code>make docs</code>" in _said(extension, name)
        assert name not in _said(extension, name)


def test_a_page_that_is_partly_written_says_so(extension: ModuleType) -> None:
    said = _said(extension, "book/setup.md")
    assert "<code>book/setup.md</code>" in said
    assert "written by <code>make docs</code>" in said


def test_a_page_that_shows_another_file_leads_to_that(extension: ModuleType) -> None:
    assert "<code>CHANGELOG.md</code>" in _said(extension, "book/changelog.md")


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS + "/", ADDRESS + ".git"])
def test_an_address_is_taken_as_it_is_copied(extension: ModuleType, address: str) -> None:
    options = extension.options(address, "")
    assert options["repository_url"] == ADDRESS
    assert options["repository_branch"] == "main"


@pytest.mark.parametrize(
    "address",
    [
        "git@github.com:owner/name.git",
        "http://github.com/owner/name",
        "https://github.com/owner",
        "https://github.com/owner/name?x=<script>",
        "https://key@github.com/owner/name",
        "owner/name",
    ],
)
def test_what_is_no_address_is_refused(extension: ModuleType, address: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(ADDRESS)):
        extension.options(address, "main")


def _page(folder: Path, name: str) -> BeautifulSoup:
    """Build two pages as the book is built, and return one."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    theme = config["sphinx"]["config"]["html_theme_options"]
    sources = folder / "source"
    (sources / "notebooks").mkdir(parents=True)
    (sources / "book").mkdir()
    (sources / "book" / "security.md").write_text("# Security\n\nText.\n")
    (sources / "index.md").write_text(
        "# Book\n\n```{toctree}\nbook/security\nnotebooks/loops\n```\n"
    )
    notebook = (
        '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Loops"}], '
        '"metadata": {"kernelspec": {"display_name": "Python 3", "name": "python3"}}, '
        '"nbformat": 4, "nbformat_minor": 2}'
    )
    (sources / "notebooks" / "loops.ipynb").write_text(notebook)
    extensions = ["myst_nb", "sphinx_book_theme", "workbook_versions", "workbook_source"]
    overrides = {
        "extensions": extensions,
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {key: value for key, value in theme.items() if key != "logo"},
        "nb_execution_mode": "off",
    }
    built = folder / "built"
    app = Sphinx(
        str(sources),
        None,
        str(built),
        str(folder / "trees"),
        "html",
        overrides,
        status=None,
        warning=None,
        freshenv=True,
    )
    app.build()
    return BeautifulSoup((built / name).read_text(encoding="utf-8"), "html.parser")


def _links(page: BeautifulSoup) -> set[str]:
    return {str(each["href"]) for each in page.select(".article-header-buttons a[href]")}


@pytest.fixture
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXTENSIONS))


@pytest.mark.usefixtures("_importable")
def test_a_published_notebook_is_edited_at_its_source_and_opened_in_binder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOK_REPOSITORY", ADDRESS)
    monkeypatch.setenv("BOOK_BRANCH", "trunk")
    links = _links(_page(tmp_path, "notebooks/loops.html"))
    binder = "https://mybinder.org/v2/gh/owner/name/trunk?urlpath=lab/tree/notebooks/loops.ipynb"
    assert {ADDRESS, f"{ADDRESS}/edit/trunk/notebooks/loops.ipynb", binder} <= links
    assert any(link.startswith(f"{ADDRESS}/issues/new") for link in links)


@pytest.mark.usefixtures("_importable")
def test_without_a_repository_no_button_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    page = _page(tmp_path, "book/security.html")
    assert not {link for link in _links(page) if link.startswith("http")}
    assert "<code>book/security.md</code>" in str(page)
