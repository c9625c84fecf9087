"""What the contract suite needs to know of S3."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import Request, Wire
from integrations.s3.client import S3Client
from integrations.s3.fake import FakeS3

KEY = "AKIACONTRACTHUSH0001"
SECRET = "contractsecret/hush+0123456789abcdefABCD"
BUCKET = "contract-bucket"


@dataclass
class Harness:
    """An integration on a fake, with a clock that stands still."""

    clock: ManualClock
    fake: FakeS3

    name = "s3"
    # AWS marks no key as test or live: sandbox mode has an allow-list of buckets instead.
    marked = False
    secrets = (SECRET,)
    wrong_key: ClassVar = {"AWS_SECRET_ACCESS_KEY": "someothersecret0123456789abcdefghijklmno"}
    strangers_only: ClassVar = {"S3_SANDBOX_BUCKETS": "elsewhere-bucket"}

    @classmethod
    def make(cls) -> "Harness":
        clock = ManualClock()
        fake = FakeS3(clock=clock, access_key=KEY, secret_key=SECRET, bucket=BUCKET)
        return cls(clock, fake)

    def env(self, **extra: str) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "S3_BUCKET": BUCKET,
            "S3_SANDBOX_BUCKETS": BUCKET,
            **extra,
        }

    def client(self, wire: Wire | None = None, *, mode: str = "mock", **env: str) -> S3Client:
        return S3Client.from_env(
            self.env(**env),
            mode=mode,
            wire=wire or self.fake,
            clock=self.clock,
            outbox=Outbox(),
            retry=Retry(clock=self.clock, random=lambda: 0.5),
        )

    def effect(self, client: Any) -> None:
        client.upload_bytes("invoices/2026/0001.pdf", b"%PDF-1.7\n%contract")

    def effects(self) -> int:
        return len(self.fake.objects())

    def unkeyed(self, client: Any) -> None:
        client.begin_multipart("videos/holiday.mp4")

    def read(self, client: Any) -> None:
        client.check_bucket()

    def with_unknown_field(self, request: Request) -> Request:
        glue = "&" if "?" in request.url else "?"
        return replace(request, url=f"{request.url}{glue}unheardOf=1")
