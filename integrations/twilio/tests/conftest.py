from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.config import Mode
from integrations.core.faults import FaultInjector
from integrations.core.workbook import Mock, Workbook

ALEX, KIM = "+12025550142", "+12025550143"
NUMBER, WHATSAPP = "+15017122661", "whatsapp:+14155238886"


@pytest.fixture
def lab() -> Mock:
    """Twilio in mock mode: ``client``, ``fake``, ``faults``, ``outbox``, ``clock``."""
    return Workbook(Mode.MOCK, {}).mock("twilio", latency_s=0)


@pytest.fixture
def twilio(lab: Mock) -> Any:
    return lab.client


@pytest.fixture
def fake(lab: Mock) -> Any:
    return lab.fake


@pytest.fixture
def faults(lab: Mock) -> FaultInjector:
    return lab.faults


@pytest.fixture
def status_after(lab: Mock) -> Callable[[str, float], Any]:
    """Let some seconds pass, then ask what has become of a message."""

    def after(sid: str, seconds: float) -> Any:
        lab.clock.advance(seconds)
        return lab.client.get_message(sid)

    return after
