from typing import Any

import pytest

from integrations.core.config import Mode
from integrations.core.faults import FaultInjector
from integrations.core.workbook import Mock, Workbook
from integrations.s3.client import S3Client

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
BIG = bytes(range(256)) * (20 * 4096) + b"the end"


@pytest.fixture
def lab() -> Mock:
    """S3 in mock mode: ``client``, ``fake``, ``faults``, ``outbox``, ``clock``."""
    return Workbook(Mode.MOCK, {}).mock("s3")


@pytest.fixture
def s3(lab: Mock) -> S3Client:
    client: S3Client = lab.client
    return client


@pytest.fixture
def fake(lab: Mock) -> Any:
    return lab.fake


@pytest.fixture
def faults(lab: Mock) -> FaultInjector:
    return lab.faults


@pytest.fixture
def png() -> bytes:
    return PNG


@pytest.fixture(scope="session")
def big() -> bytes:
    """Twenty megabytes and a little: three parts."""
    return BIG
