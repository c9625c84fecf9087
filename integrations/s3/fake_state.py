"""What a fake S3 knows: principals, who owns which bucket where, and moto's store."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.core.views import Displayed
from integrations.s3.fake_moto import Store

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class User:
    """Somebody with an access key.

    Attributes:
        access_key: the public half.
        secret_key: the secret half.
        can_list: has ``s3:ListBucket``. Without it, a missing key is 403, not 404.
        actions: the S3 actions that are allowed; None for all.
        prefix: the only keys that it may touch start with this.
        session_token: what temporary credentials carry besides.
        expires_at: Unix time after which temporary credentials are refused.
    """

    access_key: str
    secret_key: str = field(repr=False)
    can_list: bool = True
    actions: frozenset[str] | None = None
    prefix: str = ""
    session_token: str = field(default="", repr=False)
    expires_at: float | None = None


@dataclass(frozen=True)
class Place:
    """Which account owns a bucket, and in which region it is."""

    owner: str
    region: str


@dataclass(frozen=True)
class StoredObject(Displayed):
    """An object as the fake keeps it."""

    bucket: str
    key: str
    size: int
    content_type: str
    metadata: dict[str, str]
    etag: str
    body: bytes = field(repr=False)


@dataclass
class State:
    """All that ``reset()`` throws away."""

    store: Store
    users: dict[str, User] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    calls: int = 0
    max_copy_bytes: int = 5 * 1024**3

    def objects(self, bucket: str | None = None) -> Iterator[StoredObject]:
        """Yield the newest version of every object, of one bucket or of all."""
        for name in [bucket] if bucket else sorted(self.store.buckets):
            for key in self.store.keys(name):
                yield StoredObject(name, **self.store.read(name, key))
