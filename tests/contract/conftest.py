"""The contract: what holds for every integration that is found."""

import importlib
from typing import Any

import pytest

from integrations.core.registry import Integration, discover


@pytest.fixture(params=discover().values(), ids=lambda each: each.name)
def manifest(request: pytest.FixtureRequest) -> Integration:
    found: Integration = request.param
    return found


@pytest.fixture
def harness(manifest: Integration) -> Any:
    module = importlib.import_module(f"integrations.{manifest.name}.tests.harness")
    return module.Harness.make()
