"""What S3's refusals and boto3's own errors become, and what is tried again."""

from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    FlexibleChecksumError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from integrations.core import faults as broken
from integrations.core.clock import ManualClock
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.faults import Fault, FaultInjector
from integrations.core.wire import Request, Response, Wire
from integrations.core.workbook import Mock
from integrations.s3.client import S3Client
from integrations.s3.transport import IntegrityError, translated

HOST = "https://b.s3.eu-west-1.amazonaws.com"


def _refused(status: int, code: str) -> ClientError:
    about: Any = {"HTTPStatusCode": status, "RequestId": "r1", "HTTPHeaders": {"retry-after": "7"}}
    error: Any = {"Code": code, "Message": "said"}
    return ClientError({"Error": error, "ResponseMetadata": about}, "PutObject")


def _wrapped() -> Exception:
    try:
        try:
            raise _refused(403, "AccessDenied")
        except ClientError as error:
            raise S3UploadFailedError(f"Failed to upload: {error}")  # noqa: B904
    except S3UploadFailedError as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind", "unknown"),
    [
        (_refused(400, "InvalidArgument"), InvalidRequestError, False),
        (_refused(400, "AccessControlListNotSupported"), InvalidRequestError, False),
        (_refused(400, "BadDigest"), IntegrityError, False),
        (_refused(400, "ExpiredToken"), AuthenticationError, False),
        (_refused(403, "SignatureDoesNotMatch"), AuthenticationError, False),
        (_refused(403, "403"), AuthenticationError, False),
        (_refused(404, "NoSuchKey"), NotFoundError, False),
        (_refused(404, "404"), NotFoundError, False),
        (_refused(405, "MethodNotAllowed"), InvalidRequestError, False),
        (_refused(409, "ConditionalRequestConflict"), ConflictError, False),
        (_refused(412, "PreconditionFailed"), ConflictError, False),
        (_refused(416, "InvalidRange"), InvalidRequestError, False),
        (_refused(429, "TooManyRequests"), RateLimitedError, False),
        (_refused(503, "SlowDown"), RateLimitedError, False),
        (_refused(503, "ServiceUnavailable"), UnavailableError, True),
        (_refused(200, "InternalError"), UnavailableError, True),
        (_wrapped(), AuthenticationError, False),
        (NoCredentialsError(), AuthenticationError, False),
        (ParamValidationError(report="Invalid type"), InvalidRequestError, False),
        (EndpointConnectionError(endpoint_url=HOST), NetworkError, False),
        (ReadTimeoutError(endpoint_url=HOST), NetworkError, True),
        (ResponseStreamingError(error="cut"), NetworkError, True),
        (FlexibleChecksumError(error_msg="x"), IntegrityError, True),
    ],
)
def test_each_error_means_one_thing(
    error: Exception, kind: type[ProviderError], unknown: bool
) -> None:
    found = translated(error, change=True, clock=ManualClock())
    assert type(found) is kind
    assert found.outcome_unknown is unknown
    assert found.hint
    assert not translated(error, change=False, clock=ManualClock()).outcome_unknown


def test_the_facts_of_a_refusal_are_kept() -> None:
    found = translated(_refused(503, "SlowDown"), change=True, clock=ManualClock())
    assert (found.status, found.code, found.request_id) == (503, "SlowDown", "r1")
    assert found.retry_after == 7
    assert found.provider == "s3"


def _slow_down(_request: Request, _wire: Wire) -> Response:
    body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
    return Response(503, {"content-type": "application/xml"}, body)


@pytest.mark.parametrize("fault", [_slow_down, broken.rate_limited(), broken.connect_failure])
def test_a_conditional_write_is_repeated_while_nothing_can_have_happened(
    lab: Mock, fault: Fault
) -> None:
    lab.faults.inject(fault, fault)
    lab.client.upload_bytes("a.txt", b"x", if_none_match=True)
    assert len(lab.clock.sleeps) == 2


@pytest.mark.parametrize("fault", [broken.reply_lost, broken.timeout_lost, broken.status(500)])
def test_a_conditional_write_is_not_repeated_when_it_may_have_happened(
    s3: S3Client, faults: FaultInjector, fault: Fault
) -> None:
    faults.inject(fault)
    with pytest.raises(ProviderError) as raised:
        s3.upload_bytes("a.txt", b"x", if_none_match=True)
    assert not isinstance(raised.value, ConflictError)
    assert raised.value.outcome_unknown
    assert "Look whether it did before you repeat it." in str(raised.value)


def test_waits_double_and_go_through_the_clock(lab: Mock) -> None:
    lab.faults.inject(broken.status(500), broken.status(500))
    lab.client.upload_bytes("a.txt", b"x")
    first, second = lab.clock.sleeps
    assert second == 2 * first > 0


def test_a_long_retry_after_is_not_waited_for(lab: Mock) -> None:
    lab.faults.inject(broken.rate_limited("3600"))
    with pytest.raises(RateLimitedError) as raised:
        lab.client.check_bucket()
    assert raised.value.retry_after == 3600
    assert lab.clock.sleeps == []


def test_three_attempts_and_no_more(s3: S3Client, faults: FaultInjector) -> None:
    faults.inject(*[broken.status(500)] * 9)
    with pytest.raises(UnavailableError):
        s3.check_bucket()
    assert faults.pending == 6


def test_other_boto3_clients_keep_their_clock_and_their_retries(lab: Mock) -> None:
    import boto3

    _ = lab.client
    other = boto3.client(
        "s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    url = other.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k"})
    assert "20260105T" not in url
