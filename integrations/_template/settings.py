"""The settings of Acme, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.acme import INTEGRATION
from integrations.core.config import Mode, Secret, load, resolve_mode, split_list


@dataclass(frozen=True)
class AcmeSettings:
    """What an :class:`~integrations.acme.client.AcmeClient` needs to know.

    Attributes:
        mode: where requests go.
        api_key: the key.
        webhook_secrets: every secret a webhook may be signed with; two while rotating.
        base_url: the API's address.
        timeout: seconds, for the connection and for each reply.
        sandbox_recipients: addresses and ``@domains`` sandbox mode may reach.
    """

    mode: Mode
    api_key: Secret
    webhook_secrets: tuple[Secret, ...]
    base_url: str
    timeout: float
    sandbox_recipients: tuple[str, ...]

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "AcmeSettings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("acme", mode, source)
        values = load("acme", INTEGRATION.settings, source, chosen)
        return cls(
            mode=chosen,
            api_key=Secret(values["ACME_API_KEY"]),
            webhook_secrets=tuple(map(Secret, split_list(values["ACME_WEBHOOK_SECRET"]))),
            base_url=values["ACME_BASE_URL"].rstrip("/"),
            timeout=float(values["ACME_TIMEOUT"]),
            sandbox_recipients=split_list(values["ACME_SANDBOX_RECIPIENTS"].lower()),
        )
