"""Keep every test on this machine."""

from integrations.core.netguard import block_network


def pytest_configure() -> None:
    block_network()
