"""A Sphinx extension: every page says with which versions it was run."""

import platform
from importlib.metadata import version
from typing import Any

# What the examples run on, as it is called on the package index.
SHOWN = ("httpx", "stripe", "twilio", "boto3", "redis", "Django", "moto", "fakeredis")


def footer() -> str:
    """Return the line as HTML."""
    python = f"Python {platform.python_version()}"
    own = f"integrations-workbook {version('integrations-workbook')}"
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"<p>Run with {own} on {python}: {libraries}.</p>"


def _set_footer(_: Any, __: str, ___: str, context: dict[str, Any], ____: Any) -> None:
    context["theme_extra_footer"] = footer()


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    # Late: the theme puts its own options into the context before.
    app.connect("html-page-context", _set_footer, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
