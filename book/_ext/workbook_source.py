"""A Sphinx extension: where a page's source is, and the buttons that lead to it."""

import os
import re
from html import escape
from pathlib import Path
from typing import Any

from sphinx.errors import ConfigError

BINDER = "https://mybinder.org"
# The theme takes the last two parts for the owner and the name.
_ADDRESS = re.compile(r"https://[\w.-]+(/[\w.-]+)*/[\w.-]+/[\w.-]+")
_WRITTEN = "<!-- Written by "
_PARTLY = "<!-- integrations:begin -->"
_INCLUDED = re.compile(r"```\{include\} \.\./([\w.]+)\n```\n")


def options(address: str, branch: str) -> dict[str, Any]:
    """Return the theme's options for a repository; none when there is no address.

    Raises:
        ConfigError: it is not the https address of a repository.
    """
    if not address:
        return {}
    address = address.rstrip("/").removesuffix(".git")
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(
            "REPOSITORY: give the https address of a repository, such as "
            f"https://github.com/owner/name (now: {address})"
        )
    return {
        "repository_url": address,
        "repository_branch": branch or "main",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": {"notebook_interface": "jupyterlab", "binderhub_url": BINDER},
    }


def source(path: Path, text: str) -> str:
    """Return the line that says where to edit a page, as HTML.

    ``path`` is that in the checkout, ``text`` what is in it.
    """
    shown = escape(path.as_posix())
    if path.suffix == ".ipynb":
        return (
            f"<p>Edit this page at its source, <code>{shown}</code>: "
            f"<code>make lab</code> opens it, <code>make notebooks NB={escape(path.stem)}</code> "
            "runs it again.</p>"
        )
    if _WRITTEN in text[:400]:
        return (
            "<p>This page is written by <code>make docs</code> from the code: "
            "edit <code>integrations/</code>.</p>"
        )
    if included := _INCLUDED.fullmatch(text):
        shown = escape(included[1])
    rest = (
        " What it says of each service is written by <code>make docs</code> from the code."
        if _PARTLY in text
        else ""
    )
    return f"<p>Edit this page at its source: <code>{shown}</code>.{rest}</p>"


def _set_options(_: Any, config: Any) -> None:
    environ = os.environ
    address, branch = environ.get("BOOK_REPOSITORY", ""), environ.get("BOOK_BRANCH", "")
    config.html_theme_options |= options(address, branch)


def _set_footer(app: Any, page: str, _: str, context: dict[str, Any], doctree: Any) -> None:
    # Pages without a document, such as the index of names, are made by the build.
    if doctree is not None:
        path = Path(app.env.doc2path(page))
        text = path.read_text(encoding="utf-8")
        context["theme_extra_footer"] += source(path.relative_to(app.srcdir), text)


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    # Before the theme reads its options; after the versions are in the footer.
    app.connect("config-inited", _set_options, priority=400)
    app.connect("html-page-context", _set_footer, priority=901)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
