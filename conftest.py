"""Keep every test on this machine, and every run the same."""

import os

from hypothesis import settings

from integrations.core.netguard import block_network

# The same examples each time, so that CI fails for a change and never for its luck. Look further
# with HYPOTHESIS_PROFILE=explore.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)


def pytest_configure() -> None:
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
    block_network()
