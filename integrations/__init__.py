"""Third-party services behind one shape: modes, typed errors, safe retries, fakes at the wire."""

# Importing this package must cost next to nothing (see bench/): no typing, no dataclasses, no SDK.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "connect"]


def connect(
    name: str, *, mode: "str | None" = None, env: "Mapping[str, str] | None" = None
) -> "Any":
    """Return a client of the integration ``name``, wired for its mode.

    The mode is the argument, else ``<NAME>_MODE``, else ``INTEGRATIONS_MODE``; there is no default.
    ``env`` stands in for ``os.environ``. For a typed result call the class itself, for example
    ``LoopsClient.from_env()``.

    Raises:
        ConfigurationError: the name or the mode is unknown, or settings are missing or malformed.
    """
    from integrations.core.registry import find

    return find(name).client_class().from_env(env, mode=mode)
