from typing import Any

import pytest

from integrations.core.config import Mode
from integrations.core.faults import FaultInjector
from integrations.core.workbook import Mock, Workbook


@pytest.fixture
def lab() -> Mock:
    """Loops in mock mode: ``client``, ``fake``, ``faults``, ``outbox``, ``clock``."""
    return Workbook(Mode.MOCK, {}).mock("loops")


@pytest.fixture
def loops(lab: Mock) -> Any:
    return lab.client


@pytest.fixture
def fake(lab: Mock) -> Any:
    return lab.fake


@pytest.fixture
def faults(lab: Mock) -> FaultInjector:
    return lab.faults
