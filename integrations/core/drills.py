"""Provoke every error of a service once, and deliver each of its events.

What a reader finds in a table of errors or events has then happened: a row that nothing provokes
fails a test (``tests/contract/test_drills.py``). The pages of messages are made from it, too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from integrations.core import faults
from integrations.core.config import Mode
from integrations.core.faults import Fault
from integrations.core.registry import find
from integrations.core.views import Html, rows
from integrations.core.webhooks import Incoming, Result, WebhookPipeline
from integrations.core.workbook import Mock, Workbook

_LONG = re.compile(r"(\S{24})\S{16,}")

HERE = "refused here"
"""The ``answer`` of a mistake that is refused before any request."""


@dataclass(frozen=True)
class Mistake:
    """Something that ends in an error.

    Attributes:
        answer: one of the answers that the error map names, such as ``"404"``; or :data:`HERE`.
        what: what was done, or what happened, in a few words.
        make: makes it happen to an integration in mock mode. Where no call fails, because the
            service says so later, it returns what the service says.
        advice: what to do, where the error itself does not say it.
    """

    answer: str
    what: str
    make: Callable[[Mock], object] = field(repr=False)
    advice: str = ""


@dataclass(frozen=True)
class Provoked:
    """A mistake, and the error it ended in; None where the service told of it ``later``."""

    mistake: Mistake
    error: Exception | None
    later: str = ""

    @property
    def raised(self) -> str:
        """The name of the error's class."""
        return type(self.error).__name__ if self.error else "nothing; told later"

    @property
    def hint(self) -> str:
        """What the error says to do next."""
        return getattr(self.error, "hint", None) or ""

    @property
    def message(self) -> str:
        """What a user reads, in one line, without the hint; long addresses are cut."""
        told = str(self.error).removesuffix(self.hint).strip() if self.error else self.later
        return _LONG.sub(r"\1…", " ".join(told.split()))


@dataclass(frozen=True)
class Delivered:
    """An event that went through the pipeline: its type, the outcome, and what came of it."""

    event: str
    outcome: str
    effect: str


class Notes:
    """The receiving end of a drill: hands deliveries to a pipeline and notes what came of them.

    The effect is what the handlers return. Of several events of one type the first that had an
    effect is kept.
    """

    def __init__(self, pipeline: WebhookPipeline) -> None:
        """Receive with ``pipeline``."""
        self._pipeline = pipeline
        self.found: dict[str, Delivered] = {}

    def receive(self, body: bytes, headers: Any, *, target: str = "") -> Result:
        """Take one delivery."""
        result = self._pipeline.receive(body, headers, target=target)
        if result.event:
            name = result.event.type
            effect = ", ".join(str(each) for each in result.answers if each)
            if name not in self.found or (effect and not self.found[name].effect):
                self.found[name] = Delivered(name, result.outcome, effect)
        return result


def fresh(name: str) -> Mock:
    """Return an integration in mock mode that nothing has happened to."""
    return Workbook(Mode.MOCK, {}).mock(name)


def provoked(name: str) -> list[Provoked]:
    """Make every mistake of an integration, each on a fresh mock.

    Raises:
        LookupError: one of them went well.
    """
    every = [*_without_settings(name), *find(name).drills_module().MISTAKES]
    return [_provoke(name, each) for each in every]


def _provoke(name: str, mistake: Mistake) -> Provoked:
    try:
        later = mistake.make(fresh(name))
    except Exception as error:
        if not type(error).__module__.startswith("integrations."):
            raise
        return Provoked(mistake, error)
    if isinstance(later, str):
        return Provoked(mistake, None, later)
    raise LookupError(f"{name}: {mistake.what!r} raised nothing")


def _without_settings(name: str) -> tuple[Mistake, ...]:
    """Return what happens to every integration before anything is configured."""
    manifest = find(name)

    def ask(_: Mock) -> None:
        getattr(manifest.client_class().from_env({}, mode="debug"), manifest.probe)()

    return (
        Mistake(HERE, "no mode is set", lambda _: manifest.client_class().from_env({})),
        Mistake(
            HERE,
            "live, and nothing is configured",
            lambda _: manifest.client_class().from_env({}, mode="live"),
        ),
        Mistake(HERE, "a question in debug mode", ask),
    )


_FORGED = (
    "There is nothing to do if a stranger sent it. If the vendor did: the secret is another "
    "endpoint's, or something on the way changed the raw body, a header or the URL."
)


def forgeries(pipeline: Callable[[Mock], WebhookPipeline]) -> tuple[Mistake, ...]:
    """Return what the pipeline answers 400 for: a stranger's webhook, and one that was changed."""

    def stranger(lab: Mock) -> None:
        pipeline(lab).scheme.verify(Incoming(b"{}", {}, lab.clock.time()))

    def changed(lab: Mock) -> None:
        lab.fake.send_test_event()
        sent = lab.fake.deliveries()[0]
        target = getattr(sent, "target", "")
        now = lab.clock.time()
        pipeline(lab).scheme.verify(Incoming(sent.body + b" ", sent.headers, now, target))

    return (
        Mistake(HERE, "a webhook without a signature", stranger, _FORGED),
        Mistake(HERE, "a webhook that was changed, or whose secret is another", changed, _FORGED),
    )


def delivered(name: str) -> list[Delivered]:
    """Let the fake send every event that the integration knows, and return what came of each."""
    known = find(name).event_types()
    if not known:
        return []
    found = find(name).drills_module().deliver(fresh(name))
    return [found[each] for each in known if each in found]


def broken_wire(call: Callable[[Any], object]) -> tuple[Mistake, ...]:
    """Return what any service over HTTP can do to ``call``, which is given the client."""

    def when(answer: str, what: str, fault: Fault) -> Mistake:
        def make(lab: Mock) -> None:
            lab.faults.inject(*[fault] * 3)
            call(lab.client)

        return Mistake(answer, what, make)

    return (
        when("429", "too many requests, for too long", faults.rate_limited("3600")),
        when("5xx", "the service fails, again and again", faults.status(500, "Internal error.")),
        when("5xx", "a proxy answers in its place", faults.html_502),
        when("no reply", "no connection", faults.connect_failure),
        when("no reply", "no reply in time", faults.timeout_lost),
    )


def error_table(name: str) -> Html:
    """Make every mistake of an integration and show what it raises."""
    return rows(
        ("what happens", "answer", "raised"),
        [
            (each.mistake.what, each.mistake.answer, f"{each.raised}: {each.message}")
            for each in provoked(name)
        ],
    )


def event_table(name: str) -> Html:
    """Deliver every event of an integration and show what comes of it."""
    return rows(
        ("event", "outcome", "effect"),
        [(each.event, each.outcome, each.effect or "nothing new") for each in delivered(name)],
    )
