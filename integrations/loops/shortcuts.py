"""The three emails that most products send, each in one call.

They take your own objects: anything with the attributes of the protocols below, a Django model as
well as a dataclass. Template ids come from the settings.
"""

from functools import cache
from typing import Any, Protocol

from integrations.core.config import is_placeholder
from integrations.core.errors import ConfigurationError
from integrations.loops.arguments import email, refuse
from integrations.loops.client import LoopsClient
from integrations.loops.links import next_link, site_link
from integrations.loops.models import SendResult

MIN_CODE_LENGTH = 6


class Recipient(Protocol):
    """Somebody who gets an email."""

    @property
    def email(self) -> str:
        """The address."""
        ...

    @property
    def first_name(self) -> str:
        """How to greet them; may be empty."""
        ...


class LoginUser(Recipient, Protocol):
    """Somebody who logs in with a code."""

    @property
    def login_code(self) -> str:
        """The code, from ``secrets``: at least six letters or digits, short-lived, used once."""
        ...


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """The name."""
        ...


class Membership(Protocol):
    """An invitation to a team."""

    @property
    def user(self) -> Recipient:
        """Who is invited."""
        ...

    @property
    def team(self) -> Named:
        """The team."""
        ...

    @property
    def role(self) -> str:
        """What they will be in the team."""
        ...

    @property
    def invited_by(self) -> Named:
        """Who invites."""
        ...

    @property
    def accept_url(self) -> str:
        """Where the invitation is accepted."""
        ...


@cache
def default_client() -> LoopsClient:
    """Return the client of the environment, built at the first call and shared from then on.

    After changing the environment, call ``default_client.cache_clear()``.
    """
    return LoopsClient.from_env()


def send_password_reset_email(
    user: Recipient, reset_url: str, *, client: LoopsClient | None = None
) -> SendResult:
    """Send the link with which ``user`` sets a new password.

    Call it only after answering the request: the page must say the same, as fast, whether or not
    the address is known to you.

    Args:
        user: who asked.
        reset_url: https, on a configured host, at most 498 characters; good for a short time.
        client: the client to send with; the environment's when None.

    Raises:
        ConfigurationError: ``LOOPS_PASSWORD_RESET_ID`` or the allowed hosts are not set.
        InvalidRequestError: the link leaves the site or is too long; nothing was sent.
    """
    client = client or default_client()
    variables = {"resetUrl": site_link("reset_url", reset_url, client.settings)}
    return _send(client, "LOOPS_PASSWORD_RESET_ID", user, variables)


def send_login_code_email(
    user: LoginUser, next_url: str, *, client: LoopsClient | None = None
) -> SendResult:
    """Send the code with which ``user`` logs in.

    Args:
        user: who logs in; ``login_code`` must come from ``secrets`` and have six characters or
            more. Checking it, once, within minutes, with a limit of tries, is up to you.
        next_url: where to go on afterwards: a path, or a link on a configured host.
        client: the client to send with; the environment's when None.

    Raises:
        ConfigurationError: ``LOOPS_LOGIN_CODE_ID`` or the allowed hosts are not set.
        InvalidRequestError: the link leaves the site, or the code is too short; nothing was sent.
    """
    client = client or default_client()
    code: object = user.login_code
    if not isinstance(code, str) or len(code) < MIN_CODE_LENGTH or not code.isalnum():
        refuse("user.login_code", f"must be {MIN_CODE_LENGTH} or more letters or digits")
    variables = {"loginCode": code, "nextUrl": next_link("next_url", next_url, client.settings)}
    return _send(client, "LOOPS_LOGIN_CODE_ID", user, variables)


def send_team_membership_email(
    membership: Membership, *, client: LoopsClient | None = None
) -> SendResult:
    """Invite somebody to a team.

    Args:
        membership: the invitation.
        client: the client to send with; the environment's when None.

    Raises:
        ConfigurationError: ``LOOPS_TEAM_MEMBERSHIP_ID`` or the allowed hosts are not set.
        InvalidRequestError: the link leaves the site; nothing was sent.
    """
    client = client or default_client()
    variables = {
        "teamName": membership.team.name,
        "role": membership.role,
        "inviterName": membership.invited_by.name,
        "acceptUrl": site_link("membership.accept_url", membership.accept_url, client.settings),
    }
    return _send(client, "LOOPS_TEAM_MEMBERSHIP_ID", membership.user, variables)


def _send(
    client: LoopsClient, setting: str, user: Recipient, variables: dict[str, Any]
) -> SendResult:
    ids = {
        "LOOPS_PASSWORD_RESET_ID": client.settings.password_reset_id,
        "LOOPS_LOGIN_CODE_ID": client.settings.login_code_id,
        "LOOPS_TEAM_MEMBERSHIP_ID": client.settings.team_membership_id,
    }
    if not ids[setting] or is_placeholder(ids[setting]):
        raise ConfigurationError(
            f"{setting} is missing or a placeholder. Nothing was sent.",
            problems=["Copy the Transactional ID: Loops → Transactional → the email."],
        )
    greeting = {"name": user.first_name} if user.first_name else {}
    return client.send_transactional(
        email("user.email", user.email),
        transactional_id=ids[setting],
        data_variables={**greeting, **variables},
    )
