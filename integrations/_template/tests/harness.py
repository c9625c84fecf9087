"""What the contract suite needs to know of Acme."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from integrations.acme.client import AcmeClient
from integrations.acme.fake import FakeAcme
from integrations.acme.webhooks import webhook_pipeline
from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.webhooks import WebhookPipeline
from integrations.core.wire import Request, Wire
from integrations.core.workbook import counted

KEY = "acmecontractkey7"
SECRET = "whsec_Y29udHJhY3Qtc3VpdGUtc2VjcmV0LTAx"
OLD_SECRET = "whsec_Y29udHJhY3Qtc3VpdGUtc2VjcmV0LTAw"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeAcme

    name = "acme"
    secrets = (KEY, SECRET)
    secret, old_secret = SECRET, OLD_SECRET
    secret_setting = "ACME_WEBHOOK_SECRET"
    wrong_key: ClassVar = {"ACME_API_KEY": "someotherkey0001"}
    live_key: ClassVar = {"ACME_API_KEY": "sk_live_contracthush"}
    strangers_only: ClassVar = {"ACME_SANDBOX_RECIPIENTS": "@elsewhere.example"}
    event_type = "ping"
    signature_header = "webhook-signature"

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        return cls(clock, FakeAcme(clock=clock, api_key=KEY, webhook_secret=SECRET))

    def env(self, **extra: str) -> dict[str, str]:
        return {"ACME_API_KEY": KEY, "ACME_WEBHOOK_SECRET": SECRET, **extra}

    def client(self, wire: Wire | None = None, *, mode: str = "mock", **env: str) -> AcmeClient:
        return AcmeClient.from_env(
            self.env(**env),
            mode=mode,
            wire=wire or self.fake,
            clock=self.clock,
            new_id=counted(),
            outbox=Outbox(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.create_note("alex@example.com", text="Hello")

    def effects(self) -> int:
        return len(self.fake.state.notes)

    def unkeyed(self, client: Any) -> None:
        note = {"id": "note1", "to": "alex@example.com", "text": "Hello"}
        self.fake.state.notes["note1"] = note
        client.delete_note("note1")

    def read(self, client: Any) -> None:
        client.get_account()

    def pipeline(self, *secrets: str) -> WebhookPipeline:
        given = ",".join(secrets or (SECRET,))
        settings = self.client(ACME_WEBHOOK_SECRET=given).settings
        return webhook_pipeline(settings, clock=self.clock)

    def pipeline_without_secret(self) -> WebhookPipeline:
        return webhook_pipeline(self.client(mode="debug", ACME_WEBHOOK_SECRET="").settings)

    def with_unknown_field(self, request: Request) -> Request:
        return replace(request, body=request.body.replace(b'{"', b'{"unheardOf": 1, "', 1))

    def webhook(self, *, age_s: float = 0) -> tuple[bytes, dict[str, str]]:
        self.fake.send_test_event()
        delivery = self.fake.deliveries()[-1]
        at = self.clock.time() - age_s
        return delivery.body, self.fake.webhooks.sign(
            delivery.body, message_id="msg_contract", at=at
        )
