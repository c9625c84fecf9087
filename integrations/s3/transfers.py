"""Uploads and downloads of every kind, and the multipart uploads that were left behind."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from integrations.core.errors import NotFoundError
from integrations.s3 import arguments as check
from integrations.s3.calls import Calls
from integrations.s3.downloading import Fetcher
from integrations.s3.filetypes import SNIFFED_BYTES, content_type_for
from integrations.s3.models import Downloaded, MultipartUpload, StoredObject
from integrations.s3.multipart import Target
from integrations.s3.sources import Source
from integrations.s3.uploading import Progress, upload


class Transfers:
    """The calls that carry content."""

    _calls: Calls
    _fetcher: Fetcher

    def upload_bytes(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        content_disposition: str | None = None,
        if_none_match: bool = False,
    ) -> StoredObject:
        """Store bytes under a key. Private, as everything this client stores: no ACL is sent.

        A checksum goes with them, and S3 refuses what does not match it.

        Args:
            key: the key.
            data: the content; may be empty.
            content_type: guessed from the key when None, and compared with the first bytes.
            metadata: your own facts, ASCII, 2 KB in all.
            tags: at most ten.
            cache_control: such as ``"public, max-age=31536000, immutable"``.
            content_disposition: such as ``'attachment; filename="report.pdf"'``.
            if_none_match: create only: refuse to replace an object. Such a write is not repeated
                after a lost reply.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

        Raises:
            InvalidRequestError: an argument is refused, or the bytes are not of the type.
            ConflictError: ``if_none_match``, and there is an object.
            IntegrityError: something else arrived than was sent.
        """
        content = check.data(data)
        target = self._target(
            key,
            content_type_for(check.key(key), content_type, content[:SNIFFED_BYTES]),
            metadata,
            tags,
            cache_control,
            content_disposition,
            if_none_match,
        )
        return upload(self._calls, Source(BytesIO(content)), target)

    def upload_file(
        self,
        path: str | Path,
        key: str,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        content_disposition: str | None = None,
        if_none_match: bool = False,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Store a file: from 8 MB on in parts, ten at a time.

        See :meth:`upload_bytes` for the arguments. ``progress`` is called with the number of bytes
        that have arrived since its last call. When anything goes wrong, no part stays behind.

        Raises:
            InvalidRequestError: the file is not there, cannot be read, or is not of the type.
            SourceChangedError: somebody wrote to it meanwhile; nothing is stored.
        """
        with check.opened(path) as file:
            return self.upload_fileobj(
                file,
                key,
                name=Path(path).name,
                content_type=content_type,
                metadata=metadata,
                tags=tags,
                cache_control=cache_control,
                content_disposition=content_disposition,
                if_none_match=if_none_match,
                progress=progress,
            )

    def upload_fileobj(
        self,
        file: BinaryIO,
        key: str,
        *,
        name: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        content_disposition: str | None = None,
        if_none_match: bool = False,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Store what an open file gives, from where it stands: a form's upload, a pipe, a socket.

        See :meth:`upload_bytes` for the arguments; ``name`` is what the type is guessed from, when
        it is not the key. One that cannot seek is uploaded in parts of 64 MB.

        Raises:
            InvalidRequestError: it is opened as text, or is not of the type.
            SourceChangedError: somebody wrote to it meanwhile; nothing is stored.
        """
        check.binary_file(file)
        head = _peeked(file)
        target = self._target(
            key,
            content_type_for(name or check.key(key), content_type, head),
            metadata,
            tags,
            cache_control,
            content_disposition,
            if_none_match,
        )
        return upload(self._calls, Source(file), target, progress)

    def _target(
        self,
        key: str,
        content_type: str,
        metadata: Mapping[str, str] | None,
        tags: Mapping[str, str] | None,
        cache_control: str | None,
        content_disposition: str | None,
        if_none_match: bool,
    ) -> Target:
        headers: dict[str, Any] = {"ContentType": content_type}
        if metadata:
            headers["Metadata"] = check.metadata(metadata)
        if tags:
            pairs = {each["Key"]: each["Value"] for each in check.tags(tags)}
            headers["Tagging"] = urlencode(pairs)
        if cache_control is not None:
            headers["CacheControl"] = check.header("cache_control", cache_control)
        if content_disposition is not None:
            headers["ContentDisposition"] = check.header("content_disposition", content_disposition)
        return Target(check.key(key), headers, create_only=if_none_match)

    def download_bytes(
        self, key: str, *, start: int = 0, stop: int | None = None, etag: str | None = None
    ) -> bytes:
        """Return an object's content, or the bytes from ``start`` up to and without ``stop``.

        The whole is compared with its checksum, where S3 has one.

        Args:
            key: the key.
            start: the first byte.
            stop: the first byte that is left out; None for the end.
            etag: only while the object is this version, as ``head`` tells it.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

        Raises:
            NotFoundError: there is no such object.
            InvalidRequestError: the range lies outside of it.
            ConflictError: it is not the version of ``etag``.
            IntegrityError: something else arrived than is stored.
        """
        span = _span(start, stop)
        asked = {"Range": span} if span else {}
        if etag is not None:
            asked["IfMatch"] = f'"{check.header("etag", etag).strip(chr(34))}"'
        return self._fetcher.whole(check.key(key), **asked)[0]

    def download_file(
        self, key: str, path: str | Path, *, progress: Progress | None = None
    ) -> Downloaded:
        """Write an object to a file: from 8 MB on in ranges, ten at a time.

        The file appears when it is complete and verified; until then it has another name. All
        ranges are of one version.

        Raises:
            InvalidRequestError: the file cannot be written.
            NotFoundError: there is no such object.
            ConflictError: the object was replaced meanwhile.
            IntegrityError: something else arrived than is stored.
        """
        return self._fetcher.to_file(check.key(key), os.fspath(path), progress)

    def stream(self, key: str, *, chunk_bytes: int = 1024 * 1024) -> Iterator[bytes]:
        """Yield an object's content in chunks, for a response that passes it on.

        Raises:
            NotFoundError: there is no such object.
            NetworkError: the connection broke; what came so far has been yielded.
        """
        size = check.whole("chunk_bytes", chunk_bytes, 1, 1024**3)
        return self._fetcher.stream(check.key(key), size)

    def begin_multipart(self, key: str, *, content_type: str | None = None) -> MultipartUpload:
        """Begin an upload whose parts somebody else sends, with signed URLs.

        Not repeated after a lost reply: that would begin a second one.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
        """
        kind = content_type_for(check.key(key), content_type, b"")
        raw = self._calls.change("create_multipart_upload", Key=key, ContentType=kind)
        now = datetime.fromtimestamp(self._calls.clock.time(), UTC)
        return MultipartUpload(key, raw.get("UploadId", ""), now, raw)

    def abort_multipart(self, upload: MultipartUpload) -> None:
        """Remove the parts of an upload. One that is gone already counts as removed.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
        """
        try:
            self._calls.change(
                "abort_multipart_upload", Key=check.key(upload.key), UploadId=upload.upload_id
            )
        except NotFoundError:
            return

    def list_multiparts(self, prefix: str = "") -> Iterator[MultipartUpload]:
        """Walk over the uploads that are neither completed nor aborted. A listing hides them.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
        """
        asked: dict[str, Any] = {"Prefix": check.prefix(prefix)}
        return self._multiparts(asked)

    def _multiparts(self, asked: dict[str, Any]) -> Iterator[MultipartUpload]:
        while True:
            page = self._calls.read("list_multipart_uploads", **asked)
            for each in page.get("Uploads", []):
                yield MultipartUpload(each["Key"], each["UploadId"], each.get("Initiated"), each)
            if not page.get("IsTruncated"):
                return
            asked["KeyMarker"] = page["NextKeyMarker"]
            asked["UploadIdMarker"] = page["NextUploadIdMarker"]

    def sweep_multiparts(
        self, *, older_than_s: int = 86_400, prefix: str = ""
    ) -> tuple[MultipartUpload, ...]:
        """Abort the uploads that a killed process left behind, and return them.

        Args:
            older_than_s: younger ones may be at work, and are left alone.
            prefix: only under this prefix.
        """
        limit = self._calls.clock.time() - check.whole("older_than_s", older_than_s, 0, 10**9)
        left = [
            each
            for each in self.list_multiparts(prefix)
            if each.initiated is not None and each.initiated.timestamp() <= limit
        ]
        for each in left:
            self.abort_multipart(each)
        return tuple(left)


def _peeked(file: BinaryIO) -> bytes:
    """Return the beginning of a file that can seek; of another, nothing."""
    if not file.seekable():
        return b""
    at = file.tell()
    head = file.read(SNIFFED_BYTES)
    file.seek(at)
    return head


def _span(start: int, stop: int | None) -> str:
    check.whole("start", start, 0, check.MAX_OBJECT_BYTES)
    if stop is None:
        return f"bytes={start}-" if start else ""
    check.whole("stop", stop, start + 1, check.MAX_OBJECT_BYTES)
    return f"bytes={start}-{stop - 1}"
