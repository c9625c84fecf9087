"""The settings of Twilio, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.config import REAL, Mode, Secret, load, resolve_mode, split_list
from integrations.core.errors import ConfigurationError
from integrations.twilio import INTEGRATION

_NONE = Secret("")


@dataclass(frozen=True)
class TwilioSettings:
    """What a :class:`~integrations.twilio.client.TwilioClient` needs to know.

    Attributes:
        mode: where requests go.
        account_sid: the account.
        auth_token: lets calls in, unless there is an API key, and verifies callbacks.
        secondary_auth_token: also verifies callbacks, while you rotate.
        api_key: SID of an API key; empty to call with the auth token.
        api_key_secret: its secret.
        from_number: the sender of messages; empty when a Messaging Service picks it.
        messaging_service_sid: the Messaging Service; empty to send from ``from_number``.
        whatsapp_from: the WhatsApp sender, without ``whatsapp:``.
        verify_service_sid: the Verify service.
        shared_keys: shared keys that also verify callbacks, by their id.
        public_base_url: your site as Twilio sees it, without a slash at the end.
        api_base: a stand-in for Twilio's hosts; empty for Twilio.
        timeout: seconds, for the connection and for each reply.
        default_country: country of numbers written without ``+``; empty to refuse those.
        sandbox_recipients: numbers and addresses sandbox mode may reach.
    """

    mode: Mode
    account_sid: str = ""
    auth_token: Secret = _NONE
    secondary_auth_token: Secret = _NONE
    api_key: Secret = _NONE
    api_key_secret: Secret = _NONE
    from_number: str = ""
    messaging_service_sid: str = ""
    whatsapp_from: str = ""
    verify_service_sid: str = ""
    shared_keys: Mapping[str, Secret] = field(default_factory=dict)
    public_base_url: str = ""
    api_base: str = ""
    timeout: float = 10.0
    default_country: str = ""
    sandbox_recipients: tuple[str, ...] = ("+15005550006",)

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "TwilioSettings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("twilio", mode, source)
        values = _loaded(source, chosen)
        return cls(
            mode=chosen,
            account_sid=values["TWILIO_ACCOUNT_SID"],
            auth_token=Secret(values["TWILIO_AUTH_TOKEN"]),
            secondary_auth_token=Secret(values["TWILIO_SECONDARY_AUTH_TOKEN"]),
            api_key=Secret(values["TWILIO_API_KEY"]),
            api_key_secret=Secret(values["TWILIO_API_KEY_SECRET"]),
            from_number=values["TWILIO_FROM"],
            messaging_service_sid=values["TWILIO_MESSAGING_SERVICE_SID"],
            whatsapp_from=values["TWILIO_WHATSAPP_FROM"].removeprefix("whatsapp:"),
            verify_service_sid=values["TWILIO_VERIFY_SERVICE_SID"],
            shared_keys={
                name: Secret(key)
                for name, _, key in (
                    each.partition(":") for each in split_list(values["TWILIO_SHARED_KEY"])
                )
            },
            public_base_url=values["TWILIO_PUBLIC_BASE_URL"].rstrip("/"),
            api_base=values["TWILIO_API_BASE"].rstrip("/"),
            timeout=float(values["TWILIO_TIMEOUT"]),
            default_country=values["TWILIO_DEFAULT_COUNTRY"],
            sandbox_recipients=split_list(values["TWILIO_SANDBOX_RECIPIENTS"].lower()),
        )

    @property
    def credentials(self) -> tuple[str, Secret]:
        """The user and the password of the calls, of the API key or else of the account."""
        if self.api_key:
            return self.api_key.reveal(), self.api_key_secret
        return self.account_sid, self.auth_token

    def credential_problems(self) -> list[str]:
        """Return what keeps calls from being let in, by setting."""
        problems = [] if self.account_sid else ["TWILIO_ACCOUNT_SID is missing."]
        if bool(self.api_key) != bool(self.api_key_secret):
            problems.append("TWILIO_API_KEY and TWILIO_API_KEY_SECRET: set both, or neither.")
        elif not self.api_key and not self.auth_token:
            problems.append(
                "TWILIO_AUTH_TOKEN is missing, or an API key: TWILIO_API_KEY and "
                "TWILIO_API_KEY_SECRET. Twilio Console → Account → API keys & tokens."
            )
        return problems


def _loaded(source: Mapping[str, str], mode: Mode) -> dict[str, str]:
    try:
        return load("twilio", INTEGRATION.settings, source, mode)
    except ConfigurationError as error:
        token = source.get("TWILIO_AUTH_TOKEN") or source.get("TWILIO_API_KEY")
        if mode not in REAL or token:
            raise
        # What no single setting requires is named in the same error: one round of fixing.
        told, *_ = str(error).splitlines()
        missing = TwilioSettings(mode, account_sid="AC").credential_problems()
        raise ConfigurationError(told, problems=[*error.problems, *missing]) from None


def problems_together(env: Mapping[str, str], mode: Mode) -> list[str]:
    """Return what no single setting requires, and the mode needs: a token, or an API key."""
    return TwilioSettings.from_env(env, mode=mode).credential_problems() if mode in REAL else []
