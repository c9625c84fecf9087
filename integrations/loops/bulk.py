"""Many transactional emails, at the pace Loops allows, each with an end of its own."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.bulk import BulkResult, BulkRun
from integrations.core.bulk import Outcome as CoreOutcome
from integrations.core.config import REAL
from integrations.core.errors import DuplicateRequestError
from integrations.core.pacer import Pacer
from integrations.loops.arguments import idempotency_key, refuse, text
from integrations.loops.client import LoopsClient

# Requests a second for a team (https://loops.so/docs/api-reference/intro, read 2026-11).
RATE = 10.0


@dataclass(frozen=True)
class Message:
    """One transactional email of many.

    ``idempotency_key`` is derived from the batch and the content when it is None.
    """

    email: str
    transactional_id: str
    data_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Outcome(CoreOutcome[Message]):
    """The end of one message.

    ``status``: ``sent``; ``already sent``, by an earlier run with the same key; ``not sent``, in
    debug mode; ``failed``, with ``error``; ``not tried``, because the key was refused before, or
    the run was stopped.
    """

    idempotency_key: str = ""

    def row(self) -> Mapping[str, object]:
        """Return what a notebook shows of it, by column."""
        return {"email": self.message.email, "status": self.status, "reason": self.error or ""}


def send_many(
    messages: Iterable[Message],
    *,
    batch: str,
    client: LoopsClient,
    rate: float = RATE,
    workers: int | None = None,
    on_progress: Callable[[Outcome], None] | None = None,
) -> BulkResult[Outcome]:
    """Send many transactional emails, and tell the end of each; a failure does not stop the rest.

    It can be run again: within Loops' 24 hours the same batch and messages send nothing twice, and
    what was sent before comes back as ``already sent``. To resume later than that, pass only the
    messages that were not sent.

    Args:
        messages: what to send.
        batch: names this run for the keys, such as ``"invoices-2026-01"``.
        client: the client to send with.
        rate: starts a second; Loops allows a team 10 in all, so leave room for the rest of it.
        workers: threads; 8 over a network, else 1. They overlap waiting, not the pace.
        on_progress: called with each outcome as it happens, from one thread at a time.

    Raises:
        InvalidRequestError: ``batch`` or ``rate`` is wrong, or two messages have one key; nothing
            was sent.
        BulkStoppedError: ``on_progress`` raised. What had begun is ended and the rest is not tried;
            its ``result`` has the end of each message.
    """
    if type(rate) not in (int, float) or not 0 < rate <= RATE:
        refuse("rate", f"{rate!r} is not above 0 and at most {RATE:g}, Loops' limit")
    keyed = _with_keys(tuple(messages), text("batch", batch, 60))

    def attempt(pair: tuple[Message, str]) -> Outcome:
        message, key = pair
        done = client.send_transactional(
            message.email,
            transactional_id=message.transactional_id,
            data_variables=message.data_variables,
            idempotency_key=key,
        )
        return Outcome(message, "sent" if done.sent else "not sent", idempotency_key=key)

    run = BulkRun(attempt, _end, pacer=Pacer(rate, client.clock), on_progress=on_progress)
    return run.run(keyed, workers=workers or (8 if client.mode in REAL else 1))


def _end(pair: tuple[Message, str], error: Exception | None) -> Outcome:
    message, key = pair
    if isinstance(error, DuplicateRequestError):
        return Outcome(message, "already sent", idempotency_key=key)
    return Outcome(message, "failed" if error else "not tried", error, idempotency_key=key)


def _with_keys(messages: tuple[Message, ...], batch: str) -> list[tuple[Message, str]]:
    first: dict[str, int] = {}
    keyed = []
    for index, message in enumerate(messages):
        if not isinstance(message, Message):
            refuse(f"messages[{index}]", f"must be a Message, not {type(message).__name__}")
        key = message.idempotency_key or _derived(message, batch, index)
        idempotency_key(key)
        if key in first:
            refuse(
                f"messages[{index}]",
                f"has the same content or key as messages[{first[key]}]; "
                "give each an idempotency_key of its own if both are meant",
            )
        first[key] = index
        keyed.append((message, key))
    return keyed


def _derived(message: Message, batch: str, index: int) -> str:
    given: object = message.data_variables
    variables = dict(given) if isinstance(given, Mapping) else given
    content = [batch, message.email, message.transactional_id, variables]
    try:
        text_of = json.dumps(content, sort_keys=True, default=repr)
    except (TypeError, ValueError):
        # No JSON: the client refuses it by name when its turn comes.
        text_of = f"{batch} {index}"
    return f"batch-{hashlib.sha256(text_of.encode()).hexdigest()[:48]}"
