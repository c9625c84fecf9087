"""Requests to the fake as boto3, a browser and an attacker would send them."""

import re
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from requests import Request as Form

from integrations.core.clock import ManualClock
from integrations.core.wire import Request, Response
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET, MOCK_REGION, MOCK_SECRET_KEY, FakeS3
from integrations.s3.signing import SigningClock

HOST = f"https://{MOCK_BUCKET}.s3.{MOCK_REGION}.amazonaws.com"
SESSION = boto3.Session()


class Raw(BytesIO):
    def stream(self, amt: int = 65536, **_: Any) -> Any:
        while chunk := self.read(amt):
            yield chunk


class Seat:
    """Where the bench of the running test sits. Making a boto3 client is what takes the time."""

    bench: "Bench"

    def time(self) -> float:
        return self.bench.clock.time()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"signing waited for {seconds} s")

    def carry(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body
        body = body.encode() if isinstance(body, str) else bytes(body)
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        answer = self.bench.fake(Request(request.method, request.url, headers, body))
        kept = HTTPHeaders()
        for name, value in answer.headers.items():
            kept[name] = value
        return AWSResponse(request.url, answer.status, kept, Raw(answer.body))


SEAT = Seat()


def new_boto(
    *,
    key: str = MOCK_ACCESS_KEY,
    secret: str = MOCK_SECRET_KEY,
    token: str | None = None,
    region: str = MOCK_REGION,
    style: str = "virtual",
    endpoint_url: str | None = None,
    **options: Any,
) -> tuple[Any, SigningClock]:
    config: dict[str, Any] = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": style},
        "retries": {"total_max_attempts": 1},
    }
    client = SESSION.client(
        "s3",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        endpoint_url=endpoint_url,
        config=Config(**{**config, **options}),
    )
    client.meta.events.register("before-send.s3", SEAT.carry)  # type: ignore[arg-type]
    return client, SigningClock(client, SEAT)


kept_boto = cache(new_boto)


@dataclass
class Bench:
    """A fake, its clock, and a plain boto3 that signs by it. One at a time."""

    clock: ManualClock = field(default_factory=ManualClock)
    profile: Any = "aws"

    def __post_init__(self) -> None:
        self.fake = FakeS3(clock=self.clock, profile=self.profile)
        self.sit()
        self.s3, self.signing = self.boto()

    def sit(self) -> None:
        """Let boto3 talk to this bench."""
        SEAT.bench = self

    def boto(self, **options: Any) -> tuple[Any, SigningClock]:
        return kept_boto(**options)

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.fake(Request(method, url, named, body))

    def presign(
        self, operation: str, key: str = "a.txt", *, expires: int = 60, **params: Any
    ) -> str:
        named = {"Bucket": MOCK_BUCKET, "Key": key, **params}
        url: str = self.s3.generate_presigned_url(operation, Params=named, ExpiresIn=expires)
        return url

    def form(
        self,
        key: str = "users/1/a.png",
        *,
        fields: dict[str, str] | None = None,
        conditions: list[Any] | None = None,
        seconds: int = 300,
    ) -> dict[str, Any]:
        with self.signing.form_lasting(seconds):
            form: dict[str, Any] = self.s3.generate_presigned_post(
                MOCK_BUCKET,
                key,
                Fields=dict(fields or {}),
                Conditions=list(conditions or []),
                ExpiresIn=seconds,
            )
        return form

    def post(
        self,
        form: dict[str, Any],
        body: bytes = b"12345",
        *,
        drop: str = "",
        name: str = "me.png",
        url: str | None = None,
        **changes: str,
    ) -> Response:
        fields = {**form["fields"], **{k.replace("__", "-"): v for k, v in changes.items()}}
        fields.pop(drop, None)
        made = Form("POST", url or form["url"], data=fields, files={"file": (name, body)}).prepare()
        assert isinstance(made.body, bytes)
        return self.fake(Request("POST", url or form["url"], dict(made.headers), made.body))


def code(response: Response) -> str:
    """Return the code of an error document; empty when it is none."""
    if response.status < 300 or not response.body:
        return ""
    return _element(response, "Code")


def message(response: Response) -> str:
    return _element(response, "Message")


def _element(response: Response, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", response.body.decode())
    return unescape(found[1]) if found else ""
