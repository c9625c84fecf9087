"""What the contract suite needs to know of Twilio."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.webhooks import WebhookPipeline
from integrations.core.wire import Request, Wire
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import FakeTwilio
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.webhooks import webhook_pipeline

ACCOUNT = "AC000000000000000000000000000000aa"
TOKEN = "0123456789abcdef0123456789abcdef"
OLD_TOKEN = "fedcba9876543210fedcba9876543210"
# Not in the call itself: from 3.13 on, a traceback shows all lines of a call.
BODY = "Reset your password: https://app.example.com/reset/s3cr3t-link"
STATUS = "/twilio/status"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeTwilio

    name = "twilio"
    keyed = False
    timestamped = False
    secrets = (TOKEN,)
    secret, old_secret = TOKEN, OLD_TOKEN
    secret_setting = "TWILIO_AUTH_TOKEN"
    wrong_key: ClassVar = {"TWILIO_AUTH_TOKEN": "f" * 32}
    live_key: ClassVar = {"TWILIO_AUTH_TOKEN": "sk_live_contracthush"}
    strangers_only: ClassVar = {"TWILIO_SANDBOX_RECIPIENTS": "+12025550199"}
    event_type = "message.delivered"
    signature_header = "x-twilio-signature"

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        return cls(clock, FakeTwilio(clock=clock, account_sid=ACCOUNT, auth_token=TOKEN))

    def env(self, **extra: str) -> dict[str, str]:
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": "+15017122661",
            **extra,
        }

    def client(self, wire: Wire | None = None, *, mode: str = "mock", **env: str) -> TwilioClient:
        return TwilioClient.from_env(
            self.env(**env),
            mode=mode,
            wire=wire or self.fake,
            clock=self.clock,
            outbox=Outbox(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.send_message("+12025550142", body=BODY)

    def effects(self) -> int:
        return len(self.fake.messages)

    def unkeyed(self, client: Any) -> None:
        client.send_message("+12025550143", body="Hello")

    def read(self, client: Any) -> None:
        client.fetch_account()

    def pipeline(self, *secrets: str) -> WebhookPipeline:
        names = ("TWILIO_AUTH_TOKEN", "TWILIO_SECONDARY_AUTH_TOKEN")
        env = dict(zip(names, secrets or (TOKEN,), strict=False))
        pipeline = webhook_pipeline(
            TwilioSettings.from_env(self.env(**env), mode="mock"), clock=self.clock
        )
        # The suite's callbacks are posted to one path, as a framework's route would have it.
        pipeline.receive = partial(pipeline.receive, target=STATUS)  # type: ignore[method-assign]
        return pipeline

    def pipeline_without_secret(self) -> WebhookPipeline:
        # Debug mode: mock mode has a secret of its own for an unset one.
        env = {"TWILIO_AUTH_TOKEN": "", "TWILIO_PUBLIC_BASE_URL": "https://app.example.com"}
        return webhook_pipeline(TwilioSettings.from_env(self.env(**env), mode="debug"))

    def with_unknown_field(self, request: Request) -> Request:
        return replace(request, body=request.body + b"&unheardOf=1")

    def webhook(self, *, age_s: float = 0) -> tuple[bytes, dict[str, str]]:
        self.fake.send_test_event()
        posted = self.fake.deliveries()[0]
        return posted.body, self.fake.webhooks.sign(posted.url, posted.params)
