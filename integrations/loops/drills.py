"""Every error of Loops provoked, every event delivered: see :mod:`integrations.core.drills`."""

from collections.abc import Mapping
from typing import Any

from integrations.core import faults
from integrations.core.drills import HERE, Delivered, Mistake, Notes, broken_wire, forgeries
from integrations.core.webhook_store import Event
from integrations.core.workbook import Mock
from integrations.loops.bulk import Message, send_many
from integrations.loops.client import LoopsClient
from integrations.loops.events import EVENTS, LoopsEvent
from integrations.loops.webhooks import webhook_pipeline

# Loops delivers nothing to @example.com, and so has nothing to tell of it.
_TO, _RESET = "alex@acme.example", "clpasswordreset01"
_LINK = {"resetUrl": "https://app.example.com/reset/1"}
_EMAIL = {"id": "clemail1", "emailMessageId": "clmessage1", "subject": "News in May"}


def _send(client: LoopsClient, **given: Any) -> None:
    client.send_transactional(_TO, **{"transactional_id": _RESET, "data_variables": _LINK, **given})


def _wrong_key(lab: Mock) -> None:
    env = {"LOOPS_API_KEY": "someoneelse0001"}
    LoopsClient.from_env(env, mode="mock", wire=lab.fake).test_api_key()


def _stranger(lab: Mock) -> None:
    env = {"LOOPS_API_KEY": "loopsmockkey0001"}
    _send(LoopsClient.from_env(env, mode="sandbox", wire=lab.fake))


def _twice(lab: Mock) -> None:
    for _ in range(2):
        lab.client.create_contact(_TO)


def _same_key(lab: Mock) -> None:
    for _ in range(2):
        _send(lab.client, idempotency_key="order-42")


def _stopped(lab: Mock) -> None:
    def full(_: object) -> None:
        raise OSError("the disk is full")

    send_many([Message(_TO, _RESET, _LINK)], batch="may", on_progress=full, client=lab.client)


def _answered(answer: int, message: str, what: str) -> Mistake:
    def make(lab: Mock) -> None:
        lab.faults.inject(faults.status(answer, message))
        _send(lab.client)

    return Mistake(str(answer), what, make)


MISTAKES = (
    Mistake(
        HERE,
        "an address that is none",
        lambda lab: lab.client.create_contact("alex"),
    ),
    Mistake(HERE, "sandbox mode, and a stranger", _stranger),
    Mistake(
        HERE,
        "a bulk send whose on_progress fails",
        _stopped,
        "Look at its cause, mend it, and run the same batch again: nothing is sent twice.",
    ),
    *forgeries(lambda lab: webhook_pipeline(lab.client.settings, clock=lab.clock)),
    Mistake("400", "a data variable is missing", lambda lab: _send(lab.client, data_variables={})),
    Mistake(
        "400",
        "the email is not published",
        lambda lab: _send(lab.client, transactional_id="clreceiptdraft001"),
    ),
    Mistake("401", "the key of another team, or none", _wrong_key),
    Mistake(
        "404",
        "an email that does not exist",
        lambda lab: _send(lab.client, transactional_id="clofanotherteam01"),
    ),
    _answered(405, "Method not allowed.", "the address is not that of the API"),
    Mistake("409", "the contact exists", _twice),
    Mistake("409", "the idempotency key was used before", _same_key),
    _answered(413, "Payload too large.", "attachments over 4 MB in all"),
    *broken_wire(_send),
)


def deliver(lab: Mock) -> Mapping[str, Delivered]:
    """Let Loops send each of its events."""
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.on(*EVENTS)(_effect)
    notes = Notes(pipeline)
    client, emit = lab.client, lab.fake.state.emit
    client.create_contact(_TO)
    for wanted in (True, False):
        client.update_contact(email=_TO, mailing_lists={"cllistproductnews": wanted})
    _send(client)
    contact = lab.fake.state.contact(email=_TO)
    campaign = {"email": _EMAIL, "sourceType": "campaign", "campaignId": "clcampaign1"}
    for name in ("softBounced", "opened", "clicked", "unsubscribed", "resubscribed"):
        emit(f"email.{name}", contact, **campaign)
    emit("email.spamReported", contact, **campaign)
    for source in ("campaign", "loop"):
        told = {f"{source}Id": f"cl{source}1", f"{source}Name": f"The {source}"}
        emit(f"{source}.email.sent", contact, email=_EMAIL, mailingLists=[], **told)
    lab.fake.bounce(_TO)
    lab.fake.send_test_event()
    lab.fake.webhooks.deliver(notes.receive)
    lab.clock.advance(1)
    client.delete_contact(email=_TO)
    lab.fake.webhooks.deliver(notes.receive)
    return notes.found


def _effect(event: Event) -> str:
    typed: LoopsEvent = event.typed
    about = getattr(typed, "email", None) or getattr(typed, "mailing_list", None)
    what = getattr(about, "subject", None) or getattr(about, "name", None)
    told = [typed.contact.email if typed.contact else "", what or getattr(typed, "message", "")]
    return f"{type(typed).__name__}: {' · '.join(each for each in told if each)}"
