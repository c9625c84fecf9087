"""A stateful stand-in for Twilio, at the wire: messages, Lookup, Verify, and callbacks.

It refuses parameters that the specifications (v2010, Lookup v2, Verify v2) do not have, and signs
with the SDK's own ``RequestValidator``. What it cannot show: whether carriers take your traffic,
prices, and the registrations that countries ask for.
"""

import base64
import threading
from xml.etree import ElementTree as ET

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.wire import Request, Response
from integrations.twilio import fake_lookup, fake_messages, fake_verify
from integrations.twilio.fake_callbacks import Callbacks, Posted
from integrations.twilio.fake_http import API, RefusedError, dispatch, fail
from integrations.twilio.fake_life import advance, status_params
from integrations.twilio.fake_phone import Phone, reply
from integrations.twilio.fake_state import Callback, FakeMessage, Line, State, Template

MOCK_ACCOUNT_SID = "AC00000000000000000000000000000001"
MOCK_AUTH_TOKEN = "00000000000000000000000000000002"  # noqa: S105  # a made-up one
MOCK_SERVICE = "MG00000000000000000000000000000003"
MOCK_NUMBER = "+15017122661"
MOCK_WHATSAPP = "whatsapp:+14155238886"
MOCK_TEMPLATE = "HX00000000000000000000000000000005"
MOCK_BASE_URL = "https://app.example.com"

ROUTES = (*fake_messages.ROUTES, *fake_lookup.ROUTES, *fake_verify.ROUTES)


class FakeTwilio:
    """A Twilio of your own: call it with a :class:`~integrations.core.wire.Request`.

    Attributes:
        state: everything it knows.
        requests: every request it saw, oldest first.
        webhooks: ``deliver(pipeline.receive)`` posts what is due; ``sign(url, params)`` signs.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        account_sid: str = MOCK_ACCOUNT_SID,
        auth_token: str = MOCK_AUTH_TOKEN,
        api_key: tuple[str, str] | None = None,
        test_credentials: bool = False,
    ) -> None:
        """Start with one number, a Messaging Service, a WhatsApp sender and a template.

        Args:
            clock: lets messages move on.
            account_sid: the account.
            auth_token: lets calls in, and signs callbacks.
            api_key: the SID and the secret of an API key that lets calls in, too.
            test_credentials: be what an account's test credentials reach: magic numbers, nothing
                is delivered, and only creating messages and looking numbers up is allowed.
        """
        self._clock = clock
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._logins = {(account_sid, auth_token), *([api_key] if api_key else [])}
        self._test_credentials = test_credentials
        self._lock = threading.RLock()
        self.state = State(account_sid, auth_token)
        self.requests: list[Request] = []
        self.webhooks = Callbacks(auth_token, lambda: self.state, self._advance)
        self.webhooks.on_answer = self._answered
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened."""
        with self._lock:
            self.requests = []
            self.state = State(
                self._account_sid, self._auth_token, inbound_url=f"{MOCK_BASE_URL}/twilio/inbound"
            )
            self.state.test_credentials = self._test_credentials
            self.state.numbers = {MOCK_NUMBER, MOCK_WHATSAPP}
            self.state.services = {MOCK_SERVICE: [MOCK_NUMBER]}
            self.add_template(
                Template(MOCK_TEMPLATE, "Hello {{1}}, your order {{2}} is on its way.")
            )

    @property
    def messages(self) -> list[FakeMessage]:
        """Every message it has taken, as it stands now, oldest first; not those that came in."""
        self._advance()
        return [m for m in self.state.messages.values() if m.direction == "outbound-api"]

    def phone(self, number: str) -> Phone:
        """Return the phone with a number: its screen, and what its owner can do."""
        return Phone(number, self.state, self._clock)

    def add_template(self, template: Template) -> None:
        """Set up a content template."""
        self.state.templates[template.sid] = template

    def set_line(self, number: str, line: Line) -> None:
        """Set what Lookup says of a number, and what becomes of messages to it."""
        self.state.lines[number] = line

    def send_test_event(self) -> None:
        """Queue the callback of a message that has been delivered, to ``/twilio/status``."""
        now = self._clock.time()
        sid = self.state.new_sid("SM")
        message = FakeMessage(
            sid, "+12025550142", MOCK_NUMBER, "Hello", "outbound-api", "delivered", now
        )
        params = status_params(self.state, message)
        url = f"{MOCK_BASE_URL}/twilio/status"
        self.state.callbacks.append(Callback("message.delivered", url, params, now))

    def deliveries(self) -> list[Posted]:
        """Return the signed callbacks that wait to be posted, oldest first."""
        return self.webhooks.collect()

    def __call__(self, request: Request) -> Response:
        """Answer a request as Twilio would."""
        with self._lock:
            self.requests.append(request)
            now = self._clock.time()
            advance(self.state, now)
            try:
                self._authenticate(request)
                self._check_test_credentials(request)
                status, body = dispatch(ROUTES, self.state, request, now)
            except RefusedError as refused:
                status, body = refused.status, refused.body
            headers = {"twilio-request-id": f"RQ{len(self.requests):032x}"}
            return Response.of_json(status, body, headers)

    def _authenticate(self, request: Request) -> None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", ""
        if scheme.lower() != "basic" or (user, password) not in self._logins:
            fail(20003, "Authenticate", 401)

    def _check_test_credentials(self, request: Request) -> None:
        if not self._test_credentials:
            return
        creates = request.method == "POST" and request.path.endswith("/Messages.json")
        if not creates and "/PhoneNumbers/" not in request.path:
            fail(20008, "Resource not accessible with Test Account Credentials", 403)

    def _advance(self) -> None:
        with self._lock:
            advance(self.state, self._clock.time())

    def _answered(self, posted: Posted, answer: object) -> None:
        """Send the replies of an inbound message, as the TwiML of your answer says."""
        if "SmsMessageSid" not in posted.params:
            return
        from integrations.twilio.inbound import twiml

        # Your own answer, written by the SDK a moment ago; or its text, when it went over HTTP.
        text = getattr(answer, "body", None) or twiml(answer)  # type: ignore[arg-type]
        tree = ET.fromstring(text)  # noqa: S314
        sender, to = posted.params["To"], posted.params["From"]
        for verb in tree.iter("Message"):
            body = verb.findtext("Body") or (verb.text or "").strip()
            if (to, sender) not in self.state.opted_out:
                reply(self.state, sender, to, body, self._clock.time())


__all__ = ["API", "ROUTES", "FakeTwilio"]
