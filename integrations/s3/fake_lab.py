"""Make requests as boto3 signs them, without sending them: to change, to replay, to compare."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from integrations.core.clock import Clock
from integrations.core.wire import Request
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET, MOCK_REGION, MOCK_SECRET_KEY
from integrations.s3.signing import SigningClock


class _Empty(BytesIO):
    def stream(self, *_: object, **__: object) -> Any:
        yield b""


@dataclass(frozen=True)
class Lab:
    """Signs by a clock, with the fake's own key unless told otherwise."""

    clock: Clock
    access_key: str = MOCK_ACCESS_KEY
    secret_key: str = MOCK_SECRET_KEY
    region: str = MOCK_REGION
    bucket: str = MOCK_BUCKET
    version: str = "s3v4"
    checksums: str = "when_required"
    endpoint_url: str | None = None

    def _client(self) -> tuple[Any, SigningClock]:
        style: Any = "path" if self.endpoint_url else "virtual"
        client = boto3.client(
            "s3",
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            endpoint_url=self.endpoint_url,
            config=Config(
                signature_version=self.version,
                s3={"addressing_style": style},
                request_checksum_calculation=self.checksums,  # type: ignore[arg-type]
            ),
        )
        return client, SigningClock(client, self.clock)

    def signed(self, operation: str, **arguments: Any) -> Request:
        """Return the request of a call, signed in its header."""
        sent: list[Request] = []

        def keep(request: Any, **_: object) -> AWSResponse:
            sent.append(_plain(request))
            return AWSResponse(request.url, 200, HTTPHeaders(), _Empty())

        client, _ = self._client()
        client.meta.events.register("before-send.s3", keep)
        getattr(client, operation)(Bucket=self.bucket, **arguments)
        return sent[0]

    def presigned(self, operation: str, key: str, *, expires: int = 60, **more: Any) -> str:
        """Return a presigned URL, good for ``expires`` seconds."""
        client, _ = self._client()
        named = {"Bucket": self.bucket, "Key": key, **more}
        url: str = client.generate_presigned_url(operation, Params=named, ExpiresIn=expires)
        return url

    def form(self, key: str, fields: dict[str, str], *more: Any, expires: int = 300) -> Any:
        """Return ``url`` and ``fields`` of a form whose policy names every field."""
        client, signing = self._client()
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        with signing.form_lasting(expires):
            return client.generate_presigned_post(
                self.bucket,
                key,
                Fields=dict(fields),
                Conditions=[*conditions, *more],
                ExpiresIn=expires,
            )


def _plain(request: Any) -> Request:
    body = request.body or b""
    body = body.read() if hasattr(body, "read") else body
    body = body.encode() if isinstance(body, str) else bytes(body)
    headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
    return Request(request.method, request.url, headers, body)
