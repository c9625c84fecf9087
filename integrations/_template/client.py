"""The Acme API client."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self

from integrations.acme.calls import ACME_ERRORS, open_http
from integrations.acme.models import Account, Note
from integrations.acme.settings import AcmeSettings
from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.json_api import JsonApi
from integrations.core.log import redact_http_library_logs
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import Wire

MAX_TEXT = 500


def _new_id() -> str:
    return str(uuid.uuid4())


class AcmeClient:
    """Call Acme. Build one and share it: it keeps connections, and is safe in threads."""

    def __init__(
        self,
        settings: AcmeSettings,
        *,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``.

        Args:
            settings: see :meth:`from_env`.
            wire: stands in for the network, and in mock mode for the fake. Debug mode ignores it.
            clock: for ``Retry-After`` dates, retries and the outbox.
            new_id: makes idempotency keys.
            retry: how often to try; three attempts when None.
            outbox: where exchanges are kept, in every mode but live.

        Raises:
            ConfigurationError: the mode needs a key and there is none.
        """
        if settings.mode in REAL and not settings.api_key:
            raise ConfigurationError(f"ACME_API_KEY is missing; mode {settings.mode} needs it.")
        redact_http_library_logs()
        self.fake: Any = None
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.outbox = outbox if outbox is not None else Outbox()
        if wire is None and settings.mode is Mode.MOCK:
            wire = self._make_fake()
        self._http = open_http(settings, wire, self.outbox, clock)
        self._new_id = new_id
        self._api = JsonApi(
            self._http,
            ACME_ERRORS,
            mode=settings.mode,
            base_url=settings.base_url,
            clock=clock,
            retry=retry or Retry(clock=clock),
        )

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = AcmeSettings.from_env(env, mode=mode)
        return cls(settings, wire=wire, clock=clock, new_id=new_id, retry=retry, outbox=outbox)

    def __repr__(self) -> str:
        """Show the mode and where calls go."""
        return f"AcmeClient(mode={str(self.mode)!r}, base_url={self.settings.base_url!r})"

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._http.close()

    def get_account(self) -> Account:
        """Return the account that the key belongs to.

        Source: https://docs.acme.example/api/account

        Raises:
            AuthenticationError: the key is not accepted.
        """
        return self._api.read("/account", lambda raw: Account(raw["name"], raw))

    def get_note(self, id: str) -> Note:
        """Return a note.

        Source: https://docs.acme.example/api/notes

        Raises:
            NotFoundError: there is none with this id.
        """
        return self._api.read(f"/notes/{_id(id)}", Note.from_raw)

    def create_note(self, to: str, *, text: str, idempotency_key: str | None = None) -> Note:
        """Send a note to somebody.

        Args:
            to: an email address.
            text: at most 500 characters.
            idempotency_key: names this logical send; made when None. Acme replays its first
                answer to a repeat.

        Source: https://docs.acme.example/api/notes

        Raises:
            InvalidRequestError: an argument is refused, here or by Acme.
            NetworkError: no reply; ``outcome_unknown`` tells whether it may have been sent.
        """
        key = self._new_id() if idempotency_key is None else idempotency_key
        body = {"to": _address("to", to), "text": _text("text", text)}
        note = self._api.keyed("/notes", Note.from_raw, body=body, key=key)
        return note or Note(None, to, text, sent=False)

    def delete_note(self, id: str) -> bool:
        """Delete a note; False in debug mode.

        Source: https://docs.acme.example/api/notes

        Raises:
            NotFoundError: there is none with this id.
        """
        return bool(self._api.change("DELETE", f"/notes/{_id(id)}", lambda raw: raw["deleted"]))

    def _make_fake(self) -> Wire:
        from integrations.acme.fake import FakeAcme

        self.fake = FakeAcme(clock=self.clock, api_key=self.settings.api_key.reveal())
        wire: Wire = self.fake
        return wire


def _refuse(argument: str, why: str) -> NoReturn:
    raise InvalidRequestError(
        f"{argument}: {why}. Nothing was sent.", provider="acme", argument=argument
    )


def _address(argument: str, value: object) -> str:
    if not isinstance(value, str) or "@" not in value:
        _refuse(argument, "must be an email address")
    return value


def _text(argument: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        _refuse(argument, f"must have 1 to {MAX_TEXT} characters")
    return value


def _id(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isalnum():
        _refuse("id", "must be letters and digits")
    return value
