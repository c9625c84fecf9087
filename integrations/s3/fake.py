"""A stateful stand-in for S3 and for Cloudflare R2, at the wire, that refuses what they refuse.

moto keeps the objects. In front of it stands what moto leaves out: signatures, expiry, policies of
browser uploads, digests, regions, owners, ACLs and public access. What it cannot show: IAM's own
language, replication, and how long anything takes.
"""

import threading
from collections.abc import Iterable
from typing import Any

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.outgoing import Delivery
from integrations.core.wire import Request, Response
from integrations.s3.fake_address import Profile, read_address
from integrations.s3.fake_moto import Store
from integrations.s3.fake_service import Service
from integrations.s3.fake_state import ACCOUNT, Place, State, StoredObject, User
from integrations.s3.fake_vendor import S3RefusedError, error_response, refuse

MOCK_ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
# The example key of AWS's own documentation.
MOCK_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105
MOCK_REGION = "eu-west-1"
MOCK_BUCKET = "workbook-uploads"


class FakeS3:
    """An S3 of your own: call it with a :class:`~integrations.core.wire.Request`.

    Attributes:
        state: everything it knows.
        requests: every request it saw, oldest first.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        profile: Profile = "aws",
        access_key: str = MOCK_ACCESS_KEY,
        secret_key: str = MOCK_SECRET_KEY,
        region: str = MOCK_REGION,
        bucket: str = MOCK_BUCKET,
        max_copy_bytes: int = 5 * 1024**3,
    ) -> None:
        """Start with one private bucket, made as AWS makes them since April 2023.

        Args:
            clock: tells it the time, for expiry and for ``Last-Modified``.
            profile: whose rules hold, ``aws`` or ``r2``.
            access_key: of the account's owner, who may do everything.
            secret_key: of the account's owner.
            region: the bucket's; R2 has only ``auto``.
            bucket: the bucket's name.
            max_copy_bytes: what one request copies; lower it to try copies in parts.
        """
        self._max_copy_bytes = max_copy_bytes
        self._clock = clock
        self._profile = profile
        self._owner = User(access_key, secret_key)
        self._region = "auto" if profile == "r2" else region
        self._bucket = bucket
        self._lock = threading.RLock()
        self.requests: list[Request] = []
        self.state = self._fresh()
        self.reset()

    def _fresh(self) -> State:
        region = "us-east-1" if self._profile == "r2" else self._region
        store = Store(clock=self._clock, region=region, account=ACCOUNT)
        return State(store, max_copy_bytes=self._max_copy_bytes)

    def reset(self) -> None:
        """Forget everything that happened: one empty bucket and its owner are left."""
        with self._lock:
            self.state.store.close()
            self.state = self._fresh()
            self.requests = []
            self.state.users[self._owner.access_key] = self._owner
            self.add_bucket(self._bucket)

    def add_user(
        self,
        access_key: str,
        secret_key: str,
        *,
        can_list: bool = False,
        actions: Iterable[str] | None = None,
        prefix: str = "",
        session_token: str = "",
        expires_at: float | None = None,
    ) -> User:
        """Add somebody with a key of their own.

        Args:
            access_key: the public half.
            secret_key: the secret half.
            can_list: has ``s3:ListBucket``; without it, a missing key is 403 and not 404.
            actions: what is allowed, such as ``s3:GetObject``; None for everything.
            prefix: the only keys that may be touched start with this.
            session_token: makes the credentials temporary.
            expires_at: Unix time at which they end.
        """
        allowed = None if actions is None else frozenset(actions)
        user = User(access_key, secret_key, can_list, allowed, prefix, session_token, expires_at)
        self.state.users[access_key] = user
        return user

    def add_bucket(self, name: str, *, region: str | None = None, owner: str = ACCOUNT) -> None:
        """Add a bucket; ``owner`` is an account, of which only one is yours."""
        self._service().create(name, Place(owner, region or self._region))

    def put_object(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "binary/octet-stream",
        bucket: str | None = None,
    ) -> StoredObject:
        """Put an object there, as somebody else would have."""
        where = bucket or self._bucket
        with self._lock:
            self._service().keep(where, key, body, {"content-type": content_type})
        return self.object(key, bucket=where)

    def objects(self, bucket: str | None = None) -> list[StoredObject]:
        """Return the newest version of every object, by bucket and key."""
        return list(self.state.objects(bucket))

    def object(self, key: str, *, bucket: str | None = None) -> StoredObject:
        """Return one object.

        Raises:
            KeyError: there is none.
        """
        for each in self.state.objects(bucket or self._bucket):
            if each.key == key:
                return each
        raise KeyError(key)

    def uploads(self, bucket: str | None = None) -> list[Any]:
        """Return the multipart uploads that are neither complete nor aborted."""
        return self.state.store.uploads(bucket or self._bucket)

    def deliveries(self) -> list[Delivery]:
        """Return nothing: S3 sends no webhooks."""
        return []

    def _service(self) -> Service:
        return Service(self.state, self._profile, self._clock)

    def __call__(self, request: Request) -> Response:
        """Answer a request as S3 would."""
        with self._lock:
            self.requests.append(request)
            self.state.calls += 1
            request_id = f"FAKE{self.state.calls:012d}"
            try:
                response = self._answer(request)
            except S3RefusedError as refused:
                response = error_response(refused, method=request.method, request_id=request_id)
            stamps = {"x-amz-request-id": request_id, "x-amz-id-2": f"host-{request_id}"}
            return Response(response.status, {**response.headers, **stamps}, response.body)

    def _answer(self, request: Request) -> Response:
        address = read_address(request)
        if request.method not in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
            refuse("MethodNotAllowed", "The specified method is not allowed against this resource.")
        return self._service().answer(request, address)
