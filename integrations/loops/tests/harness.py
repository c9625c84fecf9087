"""What the contract suite needs to know of Loops."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.webhooks import WebhookPipeline
from integrations.core.wire import Request, Wire
from integrations.core.workbook import counted
from integrations.loops.client import LoopsClient
from integrations.loops.fake import FakeLoops
from integrations.loops.webhooks import webhook_pipeline

KEY = "loopscontractkey7"
SECRET = "whsec_Y29udHJhY3Qtc3VpdGUtc2VjcmV0LTAx"
# Not in the call itself: from 3.13 on, a traceback shows all lines of a call.
LINK = "https://app.example.com/reset/s3cr3t-link"
OLD_SECRET = "whsec_Y29udHJhY3Qtc3VpdGUtc2VjcmV0LTAw"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeLoops

    name = "loops"
    secrets = (KEY, SECRET)
    secret, old_secret = SECRET, OLD_SECRET
    secret_setting = "LOOPS_SIGNING_SECRET"
    wrong_key: ClassVar = {"LOOPS_API_KEY": "someotherkey0001"}
    live_key: ClassVar = {"LOOPS_API_KEY": "sk_live_contracthush"}
    strangers_only: ClassVar = {"LOOPS_SANDBOX_RECIPIENTS": "@elsewhere.example"}
    event_type = "testing.testEvent"

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        return cls(clock, FakeLoops(clock=clock, api_key=KEY, signing_secret=SECRET))

    def env(self, **extra: str) -> dict[str, str]:
        return {"LOOPS_API_KEY": KEY, "LOOPS_SIGNING_SECRET": SECRET, **extra}

    def client(self, wire: Wire | None = None, *, mode: str = "mock", **env: str) -> LoopsClient:
        return LoopsClient.from_env(
            self.env(**env),
            mode=mode,
            wire=wire or self.fake,
            clock=self.clock,
            new_id=counted(),
            outbox=Outbox(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.send_transactional(
            "alex@example.com",
            transactional_id="clpasswordreset01",
            data_variables={"resetUrl": LINK},
        )

    def effects(self) -> int:
        return len(self.fake.emails)

    def unkeyed(self, client: Any) -> None:
        client.create_contact("kim@example.com")

    def read(self, client: Any) -> None:
        client.test_api_key()

    def pipeline(self, *secrets: str) -> WebhookPipeline:
        given = ",".join(secrets or (SECRET,))
        settings = self.client(LOOPS_SIGNING_SECRET=given).settings
        return webhook_pipeline(settings, clock=self.clock)

    def pipeline_without_secret(self) -> WebhookPipeline:
        # Debug mode: mock mode has a secret of its own for an unset one.
        return webhook_pipeline(self.client(mode="debug", LOOPS_SIGNING_SECRET="").settings)

    def with_unknown_field(self, request: Request) -> Request:
        return replace(request, body=request.body.replace(b'{"', b'{"unheardOf": 1, "', 1))

    def webhook(self, *, age_s: float = 0) -> tuple[bytes, dict[str, str]]:
        self.fake.send_test_event()
        delivery = self.fake.deliveries()[-1]
        at = self.clock.time() - age_s
        headers = self.fake.webhooks.sign(delivery.body, message_id="msg_contract", at=at)
        return delivery.body, headers

    signature_header = "webhook-signature"
