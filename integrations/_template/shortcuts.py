"""What most products need of Acme, in one call, for your own objects."""

from functools import cache
from typing import Protocol

from integrations.acme.client import AcmeClient
from integrations.acme.models import Note


class Recipient(Protocol):
    """Somebody who gets a note."""

    @property
    def email(self) -> str:
        """The address."""
        ...

    @property
    def first_name(self) -> str:
        """How to greet them."""
        ...


@cache
def default_client() -> AcmeClient:
    """Return the client of the environment, built at the first call and shared from then on."""
    return AcmeClient.from_env()


def send_welcome_note(user: Recipient, *, client: AcmeClient | None = None) -> Note:
    """Greet somebody.

    Raises:
        InvalidRequestError: the user has no address; nothing was sent.
    """
    client = client or default_client()
    return client.create_note(user.email, text=f"Welcome, {user.first_name}.")
