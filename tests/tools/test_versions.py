"""The footer of each page."""

import platform
from importlib.metadata import version

from tests.tools.extensions import book_extension


def test_the_footer_names_the_versions_that_ran() -> None:
    footer = book_extension("workbook_versions").footer()
    for shown in (f"Python {platform.python_version()}", f"httpx {version('httpx')}"):
        assert shown in footer
