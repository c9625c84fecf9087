"""A Sphinx extension: Django is configured, so that the reference can read its models."""

from typing import Any

from integrations.contrib.django.standalone import start


def setup(_: Any) -> dict[str, Any]:
    """Configure Django, without tables."""
    start(migrate=False)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
