"""A client on a fake of its own, as a notebook has it. A test of the fake alone has its own lab."""

import pytest

from integrations.core.config import Mode
from integrations.core.workbook import Mock, Workbook
from integrations.stripe.client import StripeClient
from integrations.stripe.models import Customer


@pytest.fixture
def lab() -> Mock:
    return Workbook(Mode.MOCK, {}).mock("stripe")


@pytest.fixture
def stripe(lab: Mock) -> StripeClient:
    found: StripeClient = lab.client
    return found


@pytest.fixture
def payer(stripe: StripeClient) -> Customer:
    return stripe.customers.create(email="alex@example.com", payment_method="pm_card_visa")
