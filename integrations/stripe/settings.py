"""The settings of Stripe, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.core.config import Mode, Secret, load, resolve_mode, split_list
from integrations.core.errors import ConfigurationError
from integrations.stripe import INTEGRATION

API_BASE = "https://api.stripe.com"


@dataclass(frozen=True)
class StripeSettings:
    """What a :class:`~integrations.stripe.client.StripeClient` needs to know.

    Attributes:
        mode: where requests go.
        api_key: the secret or restricted key.
        webhook_secrets: every secret a webhook may be signed with; two while rotating.
        allowed_hosts: hosts that success, cancel and return URLs may point to.
        api_base: the API's address, without ``/v1``.
        timeout: seconds, for the connection and for each reply.
        sandbox_recipients: addresses and ``@domains`` that sandbox mode may reach.
    """

    mode: Mode
    api_key: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    api_base: str = API_BASE
    timeout: float = 30.0
    sandbox_recipients: tuple[str, ...] = ("@example.com", "@test.com")

    def __post_init__(self) -> None:
        """Refuse a key of the other side.

        Raises:
            ConfigurationError: a live key in sandbox mode, or a test key in live mode.
        """
        live = self.api_key.reveal()[2:8] == "_live_"
        if self.api_key and self.mode is Mode.SANDBOX and live:
            raise ConfigurationError(
                "STRIPE_API_KEY is a live key, and sandbox mode takes test keys only. "
                "Use sk_test_ or rk_test_, or set the mode to 'live' if you mean it."
            )
        if self.api_key and self.mode is Mode.LIVE and not live:
            raise ConfigurationError(
                "STRIPE_API_KEY is a test key: in live mode no payment would be real. "
                "Use sk_live_ or rk_live_, or set the mode to 'sandbox' to try."
            )

    @property
    def livemode(self) -> bool:
        """What ``livemode`` must be in every answer and every webhook."""
        return self.mode is Mode.LIVE

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "StripeSettings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("stripe", mode, source)
        values = load("stripe", INTEGRATION.settings, source, chosen)
        return cls(
            mode=chosen,
            api_key=Secret(values["STRIPE_API_KEY"]),
            webhook_secrets=tuple(map(Secret, split_list(values["STRIPE_WEBHOOK_SECRET"]))),
            allowed_hosts=split_list(values["INTEGRATIONS_ALLOWED_HOSTS"].lower()),
            api_base=values["STRIPE_API_BASE"].rstrip("/").removesuffix("/v1"),
            timeout=float(values["STRIPE_TIMEOUT"]),
            sandbox_recipients=split_list(values["STRIPE_SANDBOX_RECIPIENTS"].lower()),
        )
