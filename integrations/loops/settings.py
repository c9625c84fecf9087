"""The settings of Loops, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.core.config import Mode, Secret, load, resolve_mode, split_list
from integrations.loops import INTEGRATION


@dataclass(frozen=True)
class LoopsSettings:
    """What a :class:`~integrations.loops.client.LoopsClient` needs to know.

    Attributes:
        mode: where requests go.
        api_key: the team's key.
        signing_secrets: every secret a webhook may be signed with; two while rotating.
        password_reset_id: transactional ID used by ``send_password_reset_email``.
        login_code_id: transactional ID used by ``send_login_code_email``.
        team_membership_id: transactional ID used by ``send_team_membership_email``.
        allowed_hosts: hosts that links in messages may point to.
        base_url: the API's address, without ``/v1``.
        timeout: seconds, for the connection and for each reply.
        sandbox_recipients: addresses, ``@domains`` and user ids sandbox mode may reach.
    """

    mode: Mode
    api_key: Secret
    signing_secrets: tuple[Secret, ...] = ()
    password_reset_id: str = ""
    login_code_id: str = ""
    team_membership_id: str = ""
    allowed_hosts: tuple[str, ...] = ()
    base_url: str = "https://app.loops.so/api"
    timeout: float = 10.0
    sandbox_recipients: tuple[str, ...] = ("@example.com", "@test.com")

    @classmethod
    def from_env(
        cls, env: Mapping[str, str] | None = None, *, mode: str | None = None
    ) -> "LoopsSettings":
        """Read the settings from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        source = os.environ if env is None else env
        chosen = resolve_mode("loops", mode, source)
        values = load("loops", INTEGRATION.settings, source, chosen)
        return cls(
            mode=chosen,
            api_key=Secret(values["LOOPS_API_KEY"]),
            signing_secrets=tuple(map(Secret, split_list(values["LOOPS_SIGNING_SECRET"]))),
            password_reset_id=values["LOOPS_PASSWORD_RESET_ID"],
            login_code_id=values["LOOPS_LOGIN_CODE_ID"],
            team_membership_id=values["LOOPS_TEAM_MEMBERSHIP_ID"],
            allowed_hosts=split_list(values["INTEGRATIONS_ALLOWED_HOSTS"].lower()),
            base_url=values["LOOPS_BASE_URL"].rstrip("/").removesuffix("/v1"),
            timeout=float(values["LOOPS_TIMEOUT"]),
            sandbox_recipients=split_list(values["LOOPS_SANDBOX_RECIPIENTS"].lower()),
        )
