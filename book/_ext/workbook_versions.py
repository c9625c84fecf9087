"""A Sphinx extension: every page says with which versions it was run, and where its source is."""

import platform
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from integrations.contrib.django.standalone import start

# What the examples run on, as it is called on the package index.
SHOWN = ("httpx", "stripe", "twilio", "boto3", "redis", "Django", "moto", "fakeredis")


def footer() -> str:
    """Return the line as HTML."""
    python = f"Python {platform.python_version()}"
    own = f"integrations-workbook {version('integrations-workbook')}"
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"<p>Run with {own} on {python}: {libraries}.</p>"


def source(path: Path) -> str:
    """Return the line that says where to edit a page, as HTML. The path is that in the checkout."""
    if path.suffix != ".ipynb":
        return f"<p>Edit this page at its source: <code>{escape(path.as_posix())}</code>.</p>"
    return (
        f"<p>Edit this page at its source, <code>{escape(path.as_posix())}</code>: "
        f"<code>make lab</code> opens it, <code>make notebooks NB={escape(path.stem)}</code> "
        "runs it again.</p>"
    )


def _set_footer(app: Any, page: str, _: str, context: dict[str, Any], doctree: Any) -> None:
    context["theme_extra_footer"] = footer()
    # Pages without a document, such as the index of names, are made by the build.
    if doctree is not None:
        path = Path(app.env.doc2path(page)).relative_to(app.srcdir)
        context["theme_extra_footer"] += source(path)


def setup(app: Any) -> dict[str, Any]:
    """Register the extension, and Django's settings: the reference reads its models."""
    start(migrate=False)
    # Late: the theme puts its own options into the context before.
    app.connect("html-page-context", _set_footer, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
