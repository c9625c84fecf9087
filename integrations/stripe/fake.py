"""A stateful stand-in for Stripe, at the wire.

It answers in the shape of API version 2026-10-28.endive, checks every parameter against the SDK's
own typed params, and emits the events Stripe would, signed by the SDK. What it cannot show: whether
your account may use a payment method, how a buyer's bank decides, taxes, and when money arrives.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.outgoing import Delivery
from integrations.core.wire import Request, Response
from integrations.stripe.fake_buyer import Buyer
from integrations.stripe.fake_call import Call
from integrations.stripe.fake_delivery import Outgoing
from integrations.stripe.fake_forms import decode
from integrations.stripe.fake_idempotency import once
from integrations.stripe.fake_listing import expand
from integrations.stripe.fake_routes import ROUTES, match
from integrations.stripe.fake_schema import check
from integrations.stripe.fake_state import API_VERSION, Obj, RefusedError, State, fail
from integrations.stripe.fake_timeline import settle
from integrations.stripe.fake_unplayed import refuse_silent

MOCK_API_KEY = "sk_test_workbookmockkey0001"
MOCK_WEBHOOK_SECRET = "whsec_workbookmockstripesecret0001"  # noqa: S105  # a made-up one


class FakeStripe:
    """A Stripe of your own: call it with a :class:`~integrations.core.wire.Request`.

    Attributes:
        state: everything it knows.
        requests: every request it saw, oldest first.
        buyer: pays Checkout sessions, passes 3D Secure checks, disputes charges.
        webhooks: ``deliver(pipeline.receive)`` posts what is due.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        api_key: str = MOCK_API_KEY,
        webhook_secret: str = MOCK_WEBHOOK_SECRET,
    ) -> None:
        """Start as an empty sandbox account."""
        self._clock = clock
        self._api_key = api_key
        self._restricted: dict[str, frozenset[str]] = {}
        self._broken = False
        self._lock = threading.RLock()
        self.state = State()
        self.requests: list[Request] = []
        self.webhooks = Outgoing(webhook_secret, clock, self._queued)
        self.buyer = Buyer(self._acting)
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened."""
        with self._lock:
            self.state = State()
            self.requests = []
            self._broken = False
            self.webhooks.pending = []

    def add_restricted_key(self, key: str, *permissions: str) -> None:
        """Let ``key`` do only what is named, such as ``"customers"`` or ``"refunds:read"``."""
        self._restricted[key] = frozenset(permissions)

    def break_next(self) -> None:
        """Let the next call fail with a 500 of Stripe's own, which its idempotency key keeps."""
        self._broken = True

    def deliveries(self, *, thin: bool = False) -> list[Delivery]:
        """Return the signed webhooks that wait for delivery, oldest first."""
        return self.webhooks.collect(thin=thin)

    def send_test_event(self) -> None:
        """Queue the event of a customer who just appeared."""
        body = b"email=test%40example.com&name=Test+event"
        with self._lock:
            self._settle()
            self._run(Request("POST", "https://api.stripe.com/v1/customers", {}, body))

    def __call__(self, request: Request) -> Response:
        """Answer a request as Stripe would."""
        with self._lock:
            self.requests.append(request)
            self._settle()
            number = self.state.new_id("request")
        version = request.headers.get("stripe-version", API_VERSION)
        headers = {"request-id": number, "stripe-version": version}
        try:
            self._authenticate(request, version)
            return once(
                self.state,
                self._lock,
                request,
                self._clock.time(),
                lambda: self._answer(request, headers),
            )
        except RefusedError as refused:
            return _refusal(refused, headers)

    def _answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        with self._lock:
            key = request.headers.get("idempotency-key")
            self.state.request = {"id": headers["request-id"], "idempotency_key": key}
            try:
                self._maybe_break()
                return Response.of_json(200, self._run(request), _with_key(request, headers))
            except RefusedError as refused:
                return _refusal(refused, _with_key(request, headers))
            finally:
                self.state.request = {"id": None, "idempotency_key": None}

    def _maybe_break(self) -> None:
        broken, self._broken = self._broken, False
        if broken:
            fail("An unknown error occurred.", status=500, type="api_error")

    def _run(self, request: Request) -> Obj:
        path = unquote(urlsplit(request.url).path)
        found = match(ROUTES, request.method, path)
        if found is None:
            fail(
                f"Unrecognized request URL ({request.method}: {path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/.",
                status=404,
            )
        (operation, act), ids = found
        body = request.method == "POST"
        given = decode(
            request.body.decode(errors="replace") if body else urlsplit(request.url).query
        )
        params = check(operation, given)
        refuse_silent(operation, params)
        paths = params.pop("expand", [])
        return expand(self.state, act(Call(self.state, params, ids, path)), paths)

    def _authenticate(self, request: Request, version: str) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            fail(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
                status=401,
            )
        if key != self._api_key and key not in self._restricted:
            fail(f"Invalid API Key provided: {_masked(key)}", status=401)
        if version != API_VERSION:
            fail(f"Invalid Stripe API version: {version}. This fake speaks {API_VERSION}.")
        if key in self._restricted:
            self._permit(request, key)

    def _permit(self, request: Request, key: str) -> None:
        thing = request.path.removeprefix("/v1/").partition("/")[0]
        allowed = self._restricted[key]
        if thing in allowed or (request.method == "GET" and f"{thing}:read" in allowed):
            return
        fail(
            f"The provided key '{_masked(key)}' does not have the required permissions for this "
            f"endpoint. Having the '{thing}' permission would allow this request to continue.",
            status=403,
            code="more_permissions_required_for_application",
        )

    def _settle(self) -> None:
        settle(self.state, int(self._clock.time()))

    @contextmanager
    def _acting(self) -> Iterator[State]:
        with self._lock:
            self._settle()
            yield self.state

    def _queued(self) -> list[Obj]:
        with self._lock:
            self._settle()
            queued = list(self.state.unsent)
            self.state.unsent.clear()
            return queued


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 16 else "*" * 8


def _with_key(request: Request, headers: Mapping[str, str]) -> dict[str, str]:
    key = request.headers.get("idempotency-key")
    return {**headers, "idempotency-key": key} if key else dict(headers)


def _refusal(refused: RefusedError, headers: Mapping[str, str]) -> Response:
    url = f"https://dashboard.stripe.com/test/logs/{headers['request-id']}"
    return Response.of_json(
        refused.status, {"error": {**refused.error, "request_log_url": url}}, headers
    )
