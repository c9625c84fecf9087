"""Every error provoked, every event delivered: see :mod:`integrations.core.drills`."""

from collections.abc import Mapping

from integrations.acme.client import AcmeClient
from integrations.acme.events import EVENTS
from integrations.acme.webhooks import webhook_pipeline
from integrations.core import faults
from integrations.core.drills import Delivered, Mistake, Notes, broken_wire
from integrations.core.workbook import Mock


def _note(client: AcmeClient) -> None:
    client.create_note("alex@example.com", text="Hello")


def _wrong_key(lab: Mock) -> None:
    env = {"ACME_API_KEY": "someoneelse0001"}
    AcmeClient.from_env(env, mode="mock", wire=lab.fake).get_account()


def _same_key(lab: Mock) -> None:
    for text in ("Hello", "Bye"):
        lab.client.create_note("alex@example.com", text=text, idempotency_key="note-1")


def _answered(answer: int, message: str) -> Mistake:
    def make(lab: Mock) -> None:
        lab.faults.inject(faults.status(answer, message))
        _note(lab.client)

    return Mistake(str(answer), message.rstrip("."), make)


MISTAKES = (
    _answered(400, "Unknown field."),
    Mistake("401", "a key that Acme does not know", _wrong_key),
    Mistake("404", "a note that is not there", lambda lab: lab.client.get_note("note9")),
    _answered(405, "Method not allowed."),
    Mistake("409", "the same key for another note", _same_key),
    *broken_wire(_note),
)


def deliver(lab: Mock) -> Mapping[str, Delivered]:
    """Let Acme send each of its events."""
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.on(*EVENTS)(lambda event: type(event.typed).__name__)
    notes = Notes(pipeline)
    lab.fake.read_note("note000001")
    lab.fake.send_test_event()
    lab.fake.webhooks.deliver(notes.receive)
    return notes.found
