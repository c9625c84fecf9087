"""moto as a store: its S3 answers requests in this process, without sockets and unpatched.

Each :class:`Store` has a backend of its own. What is asked of moto is only state and XML; who may
do what is decided before it is asked.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

from moto.core.request import Request as MotoRequest
from moto.core.responses import ActionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, FakeMultipart, S3Backend, s3_backends
from moto.s3.responses import S3Response
from werkzeug.exceptions import HTTPException

from integrations.core.clock import Clock
from integrations.core.wire import Request, Response
from integrations.s3.fake_multipart import Whole
from integrations.s3.fake_vendor import refuse

# moto keeps one table of bucket names for the whole process.
_NAMES = threading.Lock()
_SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDALREADYVERIFIED/20260105/us-east-1/s3/aws4_request"


class _Backend(S3Backend):
    """moto's state, on the fake's clock, with ids that count."""

    def __init__(self, region_name: str, account_id: str, clock: Clock) -> None:
        super().__init__(region_name, account_id)
        self.clock = clock
        self.made: list[Any] = []
        self.initiated: dict[str, datetime] = {}
        self.ids = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), tz=UTC).replace(tzinfo=None)

    def next_id(self, kind: str) -> str:
        self.ids += 1
        return f"{kind}{self.ids:024d}"

    def create_bucket(self, *args: Any, **kwargs: Any) -> Any:
        with _NAMES:
            known = dict(s3_backends.bucket_accounts)
            # Another fake may have a bucket of this name.
            s3_backends.bucket_accounts.clear()
            try:
                bucket = super().create_bucket(*args, **kwargs)
            finally:
                s3_backends.bucket_accounts.clear()
                s3_backends.bucket_accounts.update(known)
        bucket.creation_date = self.now()
        return bucket

    def put_object(self, *args: Any, **kwargs: Any) -> Any:
        key = super().put_object(*args, **kwargs)
        key.last_modified = self.now()
        if key.version_id != "null":
            key._version_id = self.next_id("version")
        self.made.append(key)
        return key

    def create_multipart_upload(self, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
        upload = super().create_multipart_upload(bucket_name, *args, **kwargs)
        multiparts = self.get_bucket(bucket_name).multiparts
        del multiparts[upload.id]
        upload.id = self.next_id("upload")
        multiparts[upload.id] = upload
        self.initiated[upload.id] = self.now()
        self.made.append(upload)
        return upload

    def upload_part(self, *args: Any, **kwargs: Any) -> Any:
        part = super().upload_part(*args, **kwargs)
        part.last_modified = self.now()
        self.made.append(part)
        return part


class _RawRequest(MotoRequest):
    """A request whose body is never read as a form: an object may well hold one."""

    want_form_data_parsed = False


class _Responses(S3Response):
    """moto's S3, answering from a given backend."""

    def __init__(self, backend: _Backend) -> None:
        super().__init__()
        self._backend = backend

    @property
    def backend(self) -> _Backend:
        return self._backend

    def get_current_account(self) -> str:
        return str(self._backend.account_id)

    def serialized(self, action_result: ActionResult) -> Any:
        if self.data.get("Action") == "ListMultipartUploads":
            # moto says 2010 of every upload [5.2.5].
            result: Any = action_result.result
            for upload in result["Uploads"]:
                upload["Initiated"] = self._backend.initiated[upload["UploadId"]]
        return super().serialized(action_result)


class Store:
    """Buckets and objects, kept by moto."""

    def __init__(self, *, clock: Clock, region: str, account: str) -> None:
        """Start without a bucket."""
        self.region = region
        self._backend = _Backend(region, account, clock)

    def __eq__(self, other: object) -> bool:
        """Tell whether two stores hold the same."""
        return isinstance(other, Store) and self.snapshot() == other.snapshot()

    __hash__ = None  # type: ignore[assignment]

    @property
    def buckets(self) -> dict[str, Any]:
        """The buckets, as moto's own objects."""
        found: dict[str, Any] = self._backend.buckets
        return found

    def create(self, name: str, region: str = "") -> Any:
        """Make a bucket and return moto's own object."""
        try:
            return self._backend.create_bucket(name, region or self.region)
        except S3ClientError as error:
            refuse("InvalidBucketName", str(error))

    def keys(self, bucket: str) -> list[str]:
        """Return the names of a bucket's objects, sorted."""
        return sorted(str(key) for key in self.buckets[bucket].keys if self.find(bucket, key))

    def find(self, bucket: str, key: str) -> Any:
        """Return an object as moto's own, None when there is none."""
        found = self._backend.get_object(bucket, key) if bucket in self.buckets else None
        return found if isinstance(found, FakeKey) else None

    def read(self, bucket: str, key: str) -> dict[str, Any]:
        """Return an object's fields."""
        found = self.find(bucket, key)
        headers = {name.lower(): value for name, value in found.metadata.items()}
        mine = "x-amz-meta-"
        return {
            "key": key,
            "size": found.contentsize,
            "content_type": headers.get("content-type", ""),
            "metadata": {k.removeprefix(mine): v for k, v in headers.items() if k.startswith(mine)},
            "etag": found.etag,
            "body": found.value,
        }

    def keep_checksum(self, bucket: str, key: str, whole: Whole) -> None:
        """Keep what a multipart upload's completion said of the whole object."""
        found = self.find(bucket, key)
        found.checksum_algorithm = whole.algorithm.upper()
        found.checksum_value, found.checksum_type = whole.value.partition("-")[0], whole.type

    def uploads(self, bucket: str) -> list[Any]:
        """Return the multipart uploads that are neither complete nor aborted, as moto's own."""
        return list(self.buckets[bucket].multiparts.values())

    def snapshot(self) -> dict[str, Any]:
        """Return what it holds as plain values, to compare."""
        return {
            name: (
                {key: self.read(name, key) for key in self.keys(name)},
                [upload.id for upload in self.uploads(name)],
                bucket.policy,
                vars(bucket.public_access_block) if bucket.public_access_block else None,
                bucket.ownership_rule,
            )
            for name, bucket in self.buckets.items()
        }

    def close(self) -> None:
        """Give back what moto holds: it keeps every key of the process in a list of its own."""
        for each in self._backend.made:
            each.dispose()
        gone = {id(each) for each in self._backend.made}
        for kind in (FakeKey, FakeMultipart):
            tracked = kind.__dict__["instances_tracked"]
            tracked[:] = [each for each in tracked if id(each) not in gone]
        self._backend.made = []

    def answer(self, request: Request, *, is_key: bool) -> Response:
        """Let moto answer a request with a path-style URL that has been found to be in order."""
        host = request.url.split("/")[2]
        headers = {**request.headers, "authorization": _SIGNED, "host": host}
        made = _RawRequest.from_primitives(request.method, request.url, headers, request.body)
        return _respond(made, self._backend, is_key=is_key)


def _respond(made: Any, backend: _Backend, *, is_key: bool) -> Response:
    responses = _Responses(backend)
    answer: Callable[..., Any] = responses.key_response if is_key else responses.bucket_response
    try:
        status, headers, body = answer(made, made.raw_url, made.headers)
    except S3ClientError as error:
        status, headers, body = responses.serialized(ActionResult(error))
    except HTTPException as error:
        refuse("InvalidRange" if error.code == 416 else "InvalidRequest", str(error.description))
    except NotImplementedError as error:
        refuse("NotImplemented", str(error))
    except (ExpatError, ValueError, KeyError, TypeError, AttributeError):
        # moto reads documents and numbers without checking them.
        refuse("MalformedXML", "The XML you provided was not well-formed or did not validate.")
    content = body.encode() if isinstance(body, str) else bytes(body)
    texts = {str(name): str(value) for name, value in headers.items() if value is not None}
    return Response(int(status), texts, content)
