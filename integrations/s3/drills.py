"""Every error of S3 provoked: see :mod:`integrations.core.drills`."""

from tempfile import TemporaryFile
from xml.sax.saxutils import escape

from integrations.core.drills import HERE, Mistake, broken_wire
from integrations.core.wire import Response
from integrations.core.workbook import Mock
from integrations.s3.client import S3Client
from integrations.s3.sources import Source
from integrations.s3.upload_store import MemoryUploads
from integrations.s3.uploads import complete_upload, get_direct_upload_form_data
from integrations.s3.urls import parse_s3_url

# Of Amazon's own manual; the fake's secret is another one.
_KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
}
_KEY, _BODY = "reports/2026.txt", b"A report."


def _wrong_secret(lab: Mock) -> None:
    S3Client.from_env(_KEYS, mode="mock", wire=lab.fake, clock=lab.clock).head(_KEY)


def _twice(lab: Mock) -> None:
    for _ in range(2):
        lab.client.upload_bytes(_KEY, _BODY, if_none_match=True)


def _beyond(lab: Mock) -> None:
    lab.client.upload_bytes(_KEY, _BODY)
    lab.client.download_bytes(_KEY, start=100)


def _answered(row: str, status: int, code: str, message: str, what: str) -> Mistake:
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    answer = Response(status, {"content-type": "application/xml"}, body.encode())

    def make(lab: Mock) -> None:
        lab.faults.inject(*[lambda _request, _wire: answer] * 3)
        lab.client.upload_bytes(_KEY, _BODY)

    return Mistake(row, what, make)


def _no_credentials(lab: Mock) -> None:
    # What boto3 has when it found neither a key nor a role.
    lab.client.boto3._request_signer._credentials = None
    lab.client.check_bucket()


def _strange_bucket(lab: Mock) -> None:
    env = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "S3_BUCKET": "customers-production",
        "S3_SANDBOX_BUCKETS": "try-things-out",
        **_KEYS,
    }
    S3Client.from_env(env, mode="sandbox", wire=lab.fake, clock=lab.clock).check_bucket()


def _changed(_: Mock) -> None:
    with TemporaryFile() as file:
        file.write(_BODY)
        file.flush()
        file.seek(0)
        source = Source(file)
        file.write(b"and more")
        file.flush()
        source.check_unchanged()


def _other_content(lab: Mock) -> None:
    store = MemoryUploads()
    form = get_direct_upload_form_data(
        "cat.png", owner="user-7", store=store, client=lab.client, new_id=lambda: "u1"
    )
    lab.fake.put_object(form.fields["key"], b"<script>", content_type="image/png")
    complete_upload(form.upload_id, owner="user-7", store=store, client=lab.client)


MISTAKES = (
    Mistake(HERE, "sandbox mode, and another bucket", _strange_bucket),
    Mistake(HERE, "a file that grows while it is read", _changed),
    Mistake(HERE, "a picture that is a script", _other_content),
    Mistake(HERE, "a link that is none of S3's", lambda _: parse_s3_url("https://example.com/a")),
    Mistake(
        HERE,
        "a link that lives for a year",
        lambda lab: lab.client.presign_get(_KEY, expires_in=31_536_000),
    ),
    _answered(
        "400",
        400,
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
        "an ACL on a bucket without ACLs",
    ),
    _answered(
        "400 BadDigest",
        400,
        "BadDigest",
        "The checksum you specified did not match",
        "the body changed on the way",
    ),
    Mistake("401", "a key that nobody knows", _wrong_secret),
    _answered("403", 403, "AccessDenied", "Access Denied", "the policy does not allow it"),
    Mistake("404", "a key that is not there", lambda lab: lab.client.download_bytes(_KEY)),
    _answered(
        "409",
        409,
        "ConditionalRequestConflict",
        "A conflicting operation is in progress",
        "two writers at the same time",
    ),
    Mistake("412", "it was there before", _twice),
    Mistake("416", "a range behind the end", _beyond),
    _answered(
        "other 3xx and 4xx",
        405,
        "MethodNotAllowed",
        "The specified method is not allowed",
        "the address is not the bucket's",
    ),
    _answered(
        "503 SlowDown",
        503,
        "SlowDown",
        "Please reduce your request rate.",
        "too many requests on one prefix",
    ),
    *broken_wire(lambda client: client.upload_bytes(_KEY, _BODY)),
    Mistake("no credentials", "neither a key nor a role", _no_credentials),
)
