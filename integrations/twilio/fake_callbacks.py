"""How a fake Twilio posts its callbacks: signed by the SDK, late, twice, and in any order."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from integrations.core.outgoing import Answer, Delivery
from integrations.twilio.fake_state import Callback, State


@dataclass(frozen=True)
class Posted(Delivery):
    """A signed callback: post ``body`` with ``headers`` to ``url``."""

    url: str = ""
    at: float = 0.0
    params: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def target(self) -> str:
        """The path and the query of the URL, as your server sees them."""
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


class Receiver(Protocol):
    """Your endpoint, such as ``pipeline.receive``."""

    def __call__(self, body: bytes, headers: Mapping[str, str], *, target: str) -> Answer:
        """Take one callback."""
        ...


class Callbacks:
    """Signs and posts what a fake has to tell.

    Twilio does not ask twice for a 4xx or a 5xx, unless the URL says so by ``#rp=5xx`` or
    ``#rp=all``; ``rc`` is how often (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides,
    read 2026-11).
    """

    def __init__(
        self, auth_token: str, state: Callable[[], State], due: Callable[[], None]
    ) -> None:
        """Sign with ``auth_token`` what ``state()`` has queued, once ``due()`` has been called."""
        self._validator = RequestValidator(auth_token)
        self._state = state
        self._due = due
        self.on_answer: Callable[[Posted, Any], None] = lambda _posted, _answer: None

    def sign(self, url: str, params: Mapping[str, str] | str) -> dict[str, str]:
        """Return the headers that come with a form, or with a JSON body in text.

        For JSON, ``url`` must have ``bodySHA256`` in its query.
        """
        json_body = isinstance(params, str)
        signed: Mapping[str, str] = {} if isinstance(params, str) else dict(params)
        kind = "application/json" if json_body else "application/x-www-form-urlencoded"
        return {
            "content-type": kind,
            "x-twilio-signature": self._validator.compute_signature(url, signed),
        }

    def collect(self) -> list[Posted]:
        """Return all that is due, signed, in the order in which it happened."""
        self._due()
        return [self._posted(each) for each in self._state().callbacks]

    def deliver(
        self, receive: Receiver, *, twice: bool = False, reverse: bool = False
    ) -> list[int]:
        """Post what is due and return the statuses that were answered.

        Args:
            receive: your endpoint.
            twice: post each of them again at once, as happens when an answer gets lost.
            reverse: newest first. The order of callbacks is not guaranteed.
        """
        self._due()
        queued, self._state().callbacks = self._state().callbacks, []
        ordered = list(reversed(queued)) if reverse else queued
        statuses = []
        for callback in ordered:
            posted = self._posted(callback)
            for _ in range(2 if twice else 1):
                answer = receive(posted.body, posted.headers, target=posted.target)
                statuses.append(answer.status)
            if 200 <= answer.status < 300:
                self.on_answer(posted, answer)
            elif _again(callback, answer.status):
                self._state().callbacks.append(replace(callback, tries=callback.tries + 1))
        return statuses

    def _posted(self, callback: Callback) -> Posted:
        url = callback.url.partition("#")[0]
        token = hashlib.sha256(f"{url}{sorted(callback.params.items())}".encode()).hexdigest()
        headers = {**self.sign(url, callback.params), "i-twilio-idempotency-token": token[:36]}
        body = urlencode(callback.params).encode()
        return Posted(callback.event, body, headers, url, callback.at, callback.params)


def _again(callback: Callback, status: int) -> bool:
    wanted = parse_qs(callback.url.partition("#")[2])
    policies = ",".join(wanted.get("rp", ["ct"])).split(",")
    kind = "4xx" if status < 500 else "5xx"
    count = wanted.get("rc", ["1"])[-1]
    allowed = int(count) if count.isdigit() else 1
    return bool({kind, "all"} & set(policies)) and callback.tries < allowed
