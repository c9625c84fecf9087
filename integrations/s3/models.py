"""What the client returns: frozen dataclasses with the fields we teach, plus ``raw``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.core.views import Displayed

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class StoredObject(Displayed):
    """The end of an upload.

    Attributes:
        key: where it is.
        size: bytes.
        content_type: as stored.
        etag: names this content; without the quotes of the header.
        crc32: base64, as it was sent and S3 verified it; empty where ``Content-MD5`` was sent.
        version_id: where the bucket keeps versions.
        parts: 1, or the parts of a multipart upload.
        stored: False in debug mode: nothing left.
    """

    key: str
    size: int
    content_type: str
    etag: str = ""
    crc32: str = ""
    version_id: str | None = None
    parts: int = 1
    stored: bool = True
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class ObjectInfo(Displayed):
    """What S3 tells of an object without its content (HEAD)."""

    key: str
    size: int
    content_type: str
    etag: str
    last_modified: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    cache_control: str = ""
    content_disposition: str = ""
    storage_class: str = "STANDARD"
    crc32: str = ""
    version_id: str | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class ObjectSummary(Displayed):
    """One entry of a listing."""

    key: str
    size: int
    etag: str
    last_modified: datetime | None = None
    storage_class: str = "STANDARD"
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Downloaded(Displayed):
    """The end of a download to a file.

    Attributes:
        key: what was downloaded.
        path: where it is now.
        size: bytes.
        etag: the version that was read; a change meanwhile would have been refused.
        verified: whether a checksum of the whole was there, and matched.
    """

    key: str
    path: str
    size: int
    etag: str
    verified: bool


@dataclass(frozen=True)
class DeleteReport(Displayed):
    """The end of a delete of many. A key that was not there counts as deleted, as in S3."""

    deleted: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MultipartUpload(Displayed):
    """A multipart upload that is neither completed nor aborted; its parts cost money."""

    key: str
    upload_id: str = field(repr=False)
    initiated: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class PresignedPost(Displayed):
    """What a browser's form needs: where to post, and the fields that come before the file.

    ``fields`` holds a signature that whoever has it can use until ``expires_at`` (Unix time).
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)
    expires_at: float


@dataclass(frozen=True)
class PresignedRequest(Displayed):
    """A signed URL with the method and the headers that have to be sent with it.

    Whoever has ``url`` can use it until ``expires_at`` (Unix time): treat it as a password.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str]
    expires_at: float


@dataclass(frozen=True)
class BucketInfo(Displayed):
    """A bucket that is there and may be used."""

    name: str
    region: str
    empty: bool
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class CorsRule(Displayed):
    """What pages of some origins may do with the bucket."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age_s: int | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Finding(Displayed):
    """One thing that the bucket doctor looked at.

    Attributes:
        check: what.
        status: ``ok``, ``warning``, ``problem`` or ``unknown`` (no right to see it).
        found: what is set.
        advice: what to do; empty when it is fine.
    """

    check: str
    status: str
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Everything the bucket doctor found."""

    bucket: str
    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        """Walk over the findings."""
        return iter(self.findings)

    @property
    def healthy(self) -> bool:
        """Whether there is no problem; warnings are allowed."""
        return all(each.status != "problem" for each in self.findings)

    def _repr_html_(self) -> str:
        from integrations.core.views import rows

        cells = [(each.check, each.status, each.found, each.advice) for each in self.findings]
        head = ("check", "status", "found", "advice")
        return rows(head, cells, f"Bucket {self.bucket}")._repr_html_()
