"""A boto3 client that stands on a wire: which pieces are where in which mode."""

import io
import os
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from integrations.core.clock import Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError, GuardError
from integrations.core.log import redact_url
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import (
    ConnectFailedError,
    ReplyLostError,
    ReplyTimeoutError,
    Request,
    Response,
    Wire,
)
from integrations.core.wiring import wire_for
from integrations.s3.lean import send_at_once
from integrations.s3.pacing import NOT_SENT, Pace
from integrations.s3.settings import S3Settings
from integrations.s3.signing import SigningClock
from integrations.s3.urls import S3UrlError, parse_s3_url

CONNECTIONS = 64
"""Connections a client may keep; boto3's own default is 10, which starves threads."""


class TruncatedReplyError(ConnectionClosedError):
    """The reply's body is shorter than it said."""


@dataclass(frozen=True)
class Connection:
    """A boto3 client with what hangs on it.

    Attributes:
        boto3: the vendor's client.
        signing: dates what it signs.
    """

    boto3: Any
    signing: SigningClock


def connect(
    settings: S3Settings, wire: Wire | None, outbox: Outbox, clock: Clock, retry: Retry
) -> Connection:
    """Return a boto3 client whose requests go where the mode says.

    Raises:
        ConfigurationError: the region is none that AWS has.
    """
    inner = _inner_session(settings)
    session = _session(settings, inner)
    client = session.client(
        "s3",
        endpoint_url=settings.endpoint_url or None,
        config=_config(settings, inner.user_agent()),
    )
    if settings.mode is not Mode.LIVE or wire is not None:
        chosen = wire_for(
            settings.mode,
            given=wire,
            network=network_wire(settings.timeout),
            outbox=outbox,
            clock=clock,
            rules=[BucketGuard(settings.sandbox_buckets, settings.endpoint_url)],
        )
        client.meta.events.register(
            "before-send.s3", _Adapter(chosen).answer, unique_id="integrations-wire"
        )
    send_at_once(client)
    Pace(client, retry, clock)
    return Connection(client, SigningClock(client, clock))


def _inner_session(settings: S3Settings) -> botocore.session.Session:
    inner = botocore.session.Session()
    if settings.mode not in REAL:
        # Somebody's profile must not change an example.
        inner.set_config_variable("config_file", os.devnull)
        inner.set_config_variable("credentials_file", os.devnull)
    return inner


def _session(settings: S3Settings, inner: botocore.session.Session) -> boto3.session.Session:
    unsigned = settings.mode is Mode.DEBUG and not settings.access_key_id
    key = "debug-mode-has-no-key" if unsigned else settings.access_key_id
    secret = key if unsigned else settings.secret_access_key.reveal()
    session = boto3.session.Session(
        aws_access_key_id=key or None,
        aws_secret_access_key=secret or None,
        aws_session_token=settings.session_token.reveal() or None,
        region_name=settings.region,
        botocore_session=inner,
    )
    if settings.provider == "aws" and not settings.endpoint_url:
        _check_region(session, settings.region)
    return session


def _check_region(session: boto3.session.Session, region: str) -> None:
    partitions = session.get_available_partitions()
    known = {r for each in partitions for r in session.get_available_regions("s3", each)}
    if region not in known:
        raise ConfigurationError(
            f"AWS_DEFAULT_REGION: {region!r} is no region that this boto3 knows. Use one such as "
            "eu-west-1; if it is newer than your boto3, upgrade boto3."
        )


def _config(settings: S3Settings, user_agent: str) -> Config:
    checksums = "when_supported" if settings.preset.checksums else "when_required"
    # botocore-stubs 1.43 lag behind botocore 1.44.
    wanted: dict[str, Any] = dict(  # noqa: C408
        # Without these two boto3 signs with SigV2 in old regions, and uses the global host, which
        # redirects and so breaks the signature (boto3 1.44, 2026-11).
        signature_version="s3v4",
        s3={
            "addressing_style": settings.addressing,
            "us_east_1_regional_endpoint": "regional",
            # As boto3 does by itself for trailing checksums: TLS and the checksum protect a body;
            # without TLS, its hash is signed.
            "payload_signing_enabled": settings.endpoint_url.startswith("http://"),
        },
        retries={"mode": "standard"},
        connect_timeout=settings.timeout,
        read_timeout=settings.timeout,
        max_pool_connections=CONNECTIONS,
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
        # An inherited AWS_ENDPOINT_URL would redirect production without a word.
        ignore_configured_endpoint_urls=True,
        # Left out, it is put together anew, twice for each request: a fifth of boto3's own time.
        user_agent=user_agent,
        user_agent_extra="integrations-workbook",
    )
    return Config(**wanted)


@dataclass(frozen=True)
class BucketGuard:
    """Refuse a request that touches a bucket which is not on sandbox mode's allow-list.

    AWS keys carry no mark of test or live, so the bucket is all there is to judge by.
    """

    allowed: tuple[str, ...]
    endpoint_url: str = ""

    def __call__(self, request: Request) -> None:
        """Check the bucket, and the bucket that is copied from.

        Raises:
            GuardError: naming the setting that would allow it.
        """
        source = request.headers.get("x-amz-copy-source", "").lstrip("/").partition("/")[0]
        for bucket in (self._bucket(request), *filter(None, [source])):
            if bucket not in self.allowed:
                raise GuardError(
                    f"the bucket {bucket!r} is not on sandbox mode's allow-list. Nothing was sent. "
                    "Add it to S3_SANDBOX_BUCKETS, if it is there for trying things out."
                )

    def _bucket(self, request: Request) -> str:
        try:
            return parse_s3_url(request.url, endpoint_url=self.endpoint_url).bucket
        except S3UrlError:
            return redact_url(request.url).partition("?")[0]


class _Adapter:
    """botocore's ``before-send`` event, answered by a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def answer(self, request: AWSPreparedRequest, **_: Any) -> Any:
        sent = Request(request.method, request.url, _text(request.headers), _body(request.body))
        try:
            answer = self._wire(sent)
        except ConnectFailedError as error:
            raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
        except ReplyTimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ReplyLostError as error:
            raise ConnectionClosedError(endpoint_url=request.url, error=error) from error
        if _is_cut(sent, answer):
            raise TruncatedReplyError(endpoint_url=request.url)
        raw = HTTPResponse(
            io.BytesIO(answer.body),
            headers=dict(answer.headers),
            status=answer.status,
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
        )
        headers: Any = dict(answer.headers)
        return AWSResponse(request.url, answer.status, headers, raw)


def _text(headers: Any) -> dict[str, str]:
    return {
        name: value.decode("utf-8") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return body.encode() if isinstance(body, str) else bytes(body.read())


def _is_cut(request: Request, answer: Response) -> bool:
    if request.method == "HEAD" or answer.status in (204, 304):
        return False
    said = answer.headers.get("content-length", "")
    return said.isdigit() and len(answer.body) < int(said)


def network_wire(timeout: float) -> Wire:
    """Return the real network, through botocore's own transport, as a wire."""
    seconds: Any = timeout
    network = URLLib3Session(timeout=seconds, max_pool_connections=CONNECTIONS)

    def wire(request: Request) -> Response:
        headers: Any = dict(request.headers)
        sent = AWSPreparedRequest(
            request.method, request.url, headers, request.body, stream_output=False
        )
        try:
            answer = network.send(sent)
        except NOT_SENT as error:
            raise ConnectFailedError(type(error).__name__) from error
        except ReadTimeoutError as error:
            raise ReplyTimeoutError(type(error).__name__) from error
        except BotoCoreError as error:
            raise ReplyLostError(type(error).__name__) from error
        return Response(answer.status_code, dict(answer.headers), answer.content)

    return wire
