"""The contract: what holds for every integration that is found."""

import importlib
from typing import Any

import pytest

from integrations.core.registry import Integration, discover


def _harness_class(manifest: Integration) -> Any:
    return importlib.import_module(f"integrations.{manifest.name}.tests.harness").Harness


def _able(**wanted: bool) -> list[Integration]:
    """Return the integrations that have every one of the capabilities.

    A harness says what its service lacks, by a class attribute that is False:

    - ``http``: the client talks HTTP, over a wire. (Redis has a protocol of its own.)
    - ``keyed``: the vendor takes idempotency keys, or an effect is idempotent by nature, so a
      repeat is safe. (A text message that is sent again is a second message.)
    - ``marked``: live keys can be told from test keys, or refused by their looks.
    - ``timestamped``: the vendor signs a time with its webhooks. (Twilio does not.)

    A service whose manifest names no events has no webhooks to test.
    """
    return [
        each
        for each in discover().values()
        if all(
            (bool(each.events) if name == "webhooks" else getattr(_harness_class(each), name, True))
            == value
            for name, value in wanted.items()
        )
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for the integrations that have what its ``needs`` mark names."""
    if "manifest" in metafunc.fixturenames:
        marks = list(metafunc.definition.iter_markers("needs"))
        wanted = {name: True for mark in marks for name in mark.args}
        wanted |= {name: value for mark in marks for name, value in mark.kwargs.items()}
        found = _able(**wanted)
        metafunc.parametrize("manifest", found, ids=[each.name for each in found])


@pytest.fixture
def harness(manifest: Integration) -> Any:
    return _harness_class(manifest).make()
