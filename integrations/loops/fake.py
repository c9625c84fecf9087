"""A stateful stand-in for Loops, at the wire.

It answers as the specification 1.22.6 says, refuses what it does not know, and signs webhooks with
the ``standardwebhooks`` library. What it cannot show: whether your sending domain is verified, how
mail looks, and whether it arrives.
"""

import threading
from collections.abc import Callable

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.outgoing import Delivery, Outgoing, StandardSigner
from integrations.core.wire import Request, Response
from integrations.loops import fake_audience as audience
from integrations.loops import fake_sending as sending
from integrations.loops.fake_state import Email, State, Template
from integrations.loops.fake_vendor import RefusedError, check_query, fail

MOCK_API_KEY = "loopsmockkey0001"
MOCK_SIGNING_SECRET = "whsec_d29ya2Jvb2stbG9vcHMtc2lnbmluZy1zZWNyZXQ="  # noqa: S105  # a made-up one
RATE_LIMIT = 10

TEMPLATES = (
    Template(
        "clpasswordreset01",
        "Password reset",
        "Reset your password",
        "Hello {name},\n\nsomebody asked to reset your password. If it was you, follow this link "
        "within the hour:\n{resetUrl}\n\nIf not, there is nothing to do.",
        optional=frozenset({"name"}),
    ),
    Template(
        "cllogincode000001",
        "Login code",
        "{loginCode} is your login code",
        "Hello {name},\n\nyour code is {loginCode}. It is good for ten minutes, and for one login."
        "\n\nContinue at {nextUrl}",
        optional=frozenset({"name"}),
    ),
    Template(
        "clteammembership1",
        "Team invitation",
        "Join {teamName}",
        "Hello {name},\n\n{inviterName} invites you to {teamName} as {role}.\n\nAccept here:\n"
        "{acceptUrl}",
        optional=frozenset({"name"}),
    ),
    Template("clreceiptdraft001", "Receipt", "Your receipt", "{total}", published=False),
)

Route = Callable[[State, Request, float], object]

ROUTES: dict[str, dict[str, Route]] = {
    "/v1/api-key": {"GET": sending.api_key},
    "/v1/dedicated-sending-ips": {"GET": sending.sending_ips},
    "/v1/transactional": {"POST": sending.transactional},
    "/v1/transactional-emails": {"GET": sending.list_transactional},
    "/v1/events/send": {"POST": sending.event},
    "/v1/contacts/create": {"POST": audience.create},
    "/v1/contacts/update": {"PUT": audience.update},
    "/v1/contacts/find": {"GET": audience.find},
    "/v1/contacts/delete": {"POST": audience.delete},
    "/v1/contacts/suppression": {
        "GET": audience.suppression,
        "DELETE": audience.remove_suppression,
    },
    "/v1/contacts/properties": {
        "GET": audience.list_properties,
        "POST": audience.create_property,
    },
    "/v1/lists": {"GET": audience.list_lists},
}


class FakeLoops:
    """A Loops of your own: call it with a :class:`~integrations.core.wire.Request`.

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
        signing_secret: str = MOCK_SIGNING_SECRET,
    ) -> None:
        """Start with the templates, lists and properties of a team that has just set up."""
        self._clock = clock
        self._api_key = api_key
        self._lock = threading.Lock()
        self.state = State()
        self.requests: list[Request] = []
        signer = StandardSigner(signing_secret, clock)
        self.webhooks = Outgoing(signer, lambda: self.state.take_webhooks(clock.time()))
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened."""
        self.state = State()
        self.requests = []
        self.webhooks.pending = []
        self.state.templates = {each.id: each for each in TEMPLATES}
        self.state.properties = {"planName": "string", "seats": "number"}
        self.add_mailing_list("cllistproductnews", "Product news")

    @property
    def emails(self) -> list[Email]:
        """Every email it has taken, oldest first."""
        return self.state.emails

    def add_template(self, template: Template) -> None:
        """Set up a transactional email."""
        self.state.templates[template.id] = template

    def add_mailing_list(self, id: str, name: str, *, is_public: bool = True) -> None:
        """Set up a mailing list."""
        self.state.lists[id] = {
            "id": id,
            "name": name,
            "description": None,
            "isPublic": is_public,
        }

    def bounce(self, email: str) -> None:
        """Let the last email to ``email`` bounce for good: the contact ends up suppressed."""
        sending.bounce(self.state, email)

    def send_test_event(self) -> None:
        """Queue the test event of the dashboard."""
        self.state.emit("testing.testEvent", None, message="test")

    def deliveries(self) -> list[Delivery]:
        """Return the signed webhooks that wait for delivery, oldest first."""
        return self.webhooks.collect()

    def __call__(self, request: Request) -> Response:
        """Answer a request as Loops would."""
        with self._lock:
            self.requests.append(request)
            now = self._clock.time()
            try:
                status, body = 200, self._answer(request, now)
            except RefusedError as refused:
                status, body = refused.status, refused.body
            return Response.of_json(status, body, self._limit_headers(now))

    def _answer(self, request: Request, now: float) -> object:
        self._authenticate(request)
        self._take_a_slot(now)
        path = request.path.partition("/api/")[2]
        methods = ROUTES.get(f"/{path}")
        if methods is None:
            fail(404, "Not found.")
        if request.method not in methods:
            fail(405, "Method not allowed.")
        if request.method in ("GET", "DELETE"):
            check_query(request)
        return methods[request.method](self.state, request, now)

    def _authenticate(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._api_key}":
            raise RefusedError(
                401, {"success": False, "message": "Invalid API key", "error": "Invalid API key"}
            )

    def _take_a_slot(self, now: float) -> None:
        self.state.calls = [at for at in self.state.calls if at > now - 1.0]
        if len(self.state.calls) >= RATE_LIMIT:
            fail(429, "Rate limit exceeded. Try again in a second.")
        self.state.calls.append(now)

    def _limit_headers(self, now: float) -> dict[str, str]:
        used = sum(1 for at in self.state.calls if at > now - 1.0)
        return {
            "x-ratelimit-limit": str(RATE_LIMIT),
            "x-ratelimit-remaining": str(max(0, RATE_LIMIT - used)),
        }
