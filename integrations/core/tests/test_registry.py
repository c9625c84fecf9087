from dataclasses import replace

import pytest

from integrations.core.errors import ConfigurationError
from integrations.core.registry import discover, find


def test_loops_is_found_by_looking() -> None:
    assert discover()["loops"] is find("loops")


def test_a_slip_of_the_pen_gets_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'loops'"):
        find("Loop")


def test_a_package_that_is_not_installed_names_the_extra() -> None:
    broken = replace(find("loops"), client="no_such_sdk.client:Client")
    with pytest.raises(ConfigurationError, match=r"integrations-workbook\[loops\]"):
        broken.client_class()
