"""What the contract suite needs to know of Stripe."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.webhooks import WebhookPipeline
from integrations.core.wire import Request, Wire
from integrations.core.workbook import counted
from integrations.stripe.client import StripeClient
from integrations.stripe.fake import FakeStripe
from integrations.stripe.webhooks import webhook_pipeline

KEY = "sk_test_contractsuitekey7"
SECRET = "whsec_contractsuitesecret01"
OLD_SECRET = "whsec_contractsuitesecret00"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeStripe

    name = "stripe"
    secrets = (KEY, SECRET)
    secret, old_secret = SECRET, OLD_SECRET
    secret_setting = "STRIPE_WEBHOOK_SECRET"
    event_type = "customer.created"
    signature_header = "stripe-signature"
    wrong_key: ClassVar = {"STRIPE_API_KEY": "sk_test_someotherkey01"}
    live_key: ClassVar = {"STRIPE_API_KEY": "sk_live_contracthush1"}
    strangers_only: ClassVar = {"STRIPE_SANDBOX_RECIPIENTS": "@elsewhere.example"}

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        return cls(clock, FakeStripe(clock=clock, api_key=KEY, webhook_secret=SECRET))

    def env(self, **extra: str) -> dict[str, str]:
        return {"STRIPE_API_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, **extra}

    def client(self, wire: Wire | None = None, *, mode: str = "mock", **env: str) -> StripeClient:
        return StripeClient.from_env(
            self.env(**env),
            mode=mode,
            wire=wire or self.fake,
            clock=self.clock,
            new_id=counted(),
            outbox=Outbox(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.customers.create(email="alex@example.com")

    def effects(self) -> int:
        return len(self.fake.state.all("customer"))

    def unkeyed(self, client: Any) -> None:
        # A test event is about a customer that was made without a request of this client.
        self.fake.send_test_event()
        client.customers.delete(self.fake.state.all("customer")[0]["id"])

    def read(self, client: Any) -> None:
        client.test_api_key()

    def pipeline(self, *secrets: str) -> WebhookPipeline:
        given = ",".join(secrets or (SECRET,))
        settings = self.client(STRIPE_WEBHOOK_SECRET=given).settings
        return webhook_pipeline(settings, clock=self.clock)

    def pipeline_without_secret(self) -> WebhookPipeline:
        # Debug mode: mock mode has a secret of its own for an unset one.
        return webhook_pipeline(self.client(mode="debug", STRIPE_WEBHOOK_SECRET="").settings)

    def with_unknown_field(self, request: Request) -> Request:
        return replace(request, body=request.body + b"&unheardOf=1")

    def webhook(self, *, age_s: float = 0) -> tuple[bytes, dict[str, str]]:
        self.fake.send_test_event()
        delivery = self.fake.deliveries()[-1]
        headers = self.fake.webhooks.sign(delivery.body, at=self.clock.time() - age_s)
        return delivery.body, dict(headers)
