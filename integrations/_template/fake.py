"""A stateful stand-in for Acme, at the wire: it refuses what it does not know."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.outgoing import Delivery, Message, Outgoing, StandardSigner
from integrations.core.wire import Request, Response

MOCK_API_KEY = "acmemockkey0001"
MOCK_WEBHOOK_SECRET = "whsec_YWNtZS1kZW1vLXNpZ25pbmctc2VjcmV0LTAwMDE="  # noqa: S105  # made up


@dataclass
class State:
    """All that ``reset()`` throws away."""

    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, tuple[bytes, Response]] = field(default_factory=dict)
    webhooks: list[dict[str, object]] = field(default_factory=list)
    ids: int = 0

    def new_id(self, prefix: str) -> str:
        """Return the next id."""
        self.ids += 1
        return f"{prefix}{self.ids:06d}"


class FakeAcme:
    """An Acme of your own: call it with a :class:`~integrations.core.wire.Request`.

    Attributes:
        state: everything it knows.
        requests: every request it saw, oldest first.
        webhooks: ``deliver(pipeline.receive)`` posts what is due.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        api_key: str = MOCK_API_KEY,
        webhook_secret: str = MOCK_WEBHOOK_SECRET,
    ) -> None:
        """Start empty."""
        self._clock = clock
        self._api_key = api_key
        self._lock = threading.Lock()
        self.webhooks = Outgoing(StandardSigner(webhook_secret, clock), self._take_webhooks)
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened."""
        self.state = State()
        self.requests: list[Request] = []
        self.webhooks.pending = []

    def read_note(self, id: str) -> None:
        """Let the recipient read a note."""
        self.state.webhooks.append({"type": "note.read", "noteId": id})

    def send_test_event(self) -> None:
        """Queue the test event of the dashboard."""
        self.state.webhooks.append({"type": "ping"})

    def deliveries(self) -> list[Delivery]:
        """Return the signed webhooks that wait for delivery, oldest first."""
        return self.webhooks.collect()

    def __call__(self, request: Request) -> Response:
        """Answer a request as Acme would."""
        with self._lock:
            self.requests.append(request)
            if request.headers.get("authorization") != f"Bearer {self._api_key}":
                return _refusal(401, "Unknown API key.")
            return self._answer(request.method, request.path.removeprefix("/v1"), request)

    def _answer(self, method: str, path: str, request: Request) -> Response:
        if (method, path) == ("GET", "/account"):
            return Response.of_json(200, {"name": "Example Inc."})
        if (method, path) == ("POST", "/notes"):
            return self._once(request)
        note = self.state.notes.get(path.removeprefix("/notes/"))
        if not path.startswith("/notes/") or note is None:
            return _refusal(404, "Not found.")
        if method == "GET":
            return Response.of_json(200, note)
        if method == "DELETE":
            del self.state.notes[note["id"]]
            return Response.of_json(200, {"deleted": True})
        return _refusal(405, "Method not allowed.")

    def _once(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key", "")
        if known := self.state.keys.get(key):
            body, answer = known
            return answer if body == request.body else _refusal(409, "Key used for another note.")
        answer = self._create(request)
        if key and answer.status == 201:
            self.state.keys[key] = (request.body, answer)
        return answer

    def _create(self, request: Request) -> Response:
        sent = request.json()
        for name in sent:
            if name not in ("to", "text"):
                return _refusal(400, f"Unknown field: {name}", field=name)
        note = {"id": self.state.new_id("note"), "to": sent["to"], "text": sent["text"]}
        self.state.notes[note["id"]] = note
        return Response.of_json(201, note)

    def _take_webhooks(self) -> Iterator[Message]:
        queued, self.state.webhooks = self.state.webhooks, []
        for each in queued:
            body = json.dumps({**each, "at": int(self._clock.time())}).encode()
            yield Message(str(each["type"]), self.state.new_id("msg_"), body)


def _refusal(status: int, message: str, **extra: str) -> Response:
    return Response.of_json(status, {"message": message, **extra})
