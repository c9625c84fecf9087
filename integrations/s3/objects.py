"""Objects: ask about them, list, copy, move, delete, tag."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from integrations.core.errors import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    ProviderError,
)
from integrations.s3 import arguments as check
from integrations.s3.calls import Answer, Calls
from integrations.s3.copying import copy_in_parts, too_large
from integrations.s3.models import DeleteReport, ObjectInfo, ObjectSummary, StoredObject
from integrations.s3.multipart import version_of

DELETE_AT_ONCE = 1000
"""Keys that one request deletes (DeleteObjects)."""


class Objects:
    """The calls about objects that are there already."""

    _calls: Calls

    def head(self, key: str) -> ObjectInfo:
        """Return what S3 tells of an object without its content.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html

        Raises:
            NotFoundError: there is none.
            AuthenticationError: no right to read it; or no right to list, and there is none.
        """
        asked = {"ChecksumMode": "ENABLED"} if self._calls.settings.preset.checksums else {}
        return _info(key, self._calls.read("head_object", Key=check.key(key), **asked))

    def exists(self, key: str) -> bool:
        """Tell whether there is an object.

        Raises:
            AuthenticationError: S3 answers 403, which is not "no": without ``s3:ListBucket`` it
                hides what is missing behind the same answer.
        """
        try:
            self.head(key)
        except NotFoundError:
            return False
        except AuthenticationError as error:
            error.hint = (
                "That is neither yes nor no: without s3:ListBucket, S3 answers a missing key like "
                "a forbidden one. Grant s3:ListBucket and s3:GetObject."
            )
            raise
        return True

    def list_objects(
        self, prefix: str = "", *, start_after: str = "", page_size: int = 1000
    ) -> Iterator[ObjectSummary]:
        """Walk over the objects under a prefix, in the order of their keys, page after page.

        Each page is a request, and costs as one.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        asked: dict[str, Any] = {
            "Prefix": check.prefix(prefix),
            "MaxKeys": check.whole("page_size", page_size, 1, 1000),
        }
        if start_after:
            asked["StartAfter"] = check.text("start_after", start_after)
        return self._pages(asked)

    def _pages(self, asked: dict[str, Any]) -> Iterator[ObjectSummary]:
        while True:
            page = self._calls.read("list_objects_v2", **asked)
            yield from map(_summary, page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def copy(
        self,
        source: str,
        key: str,
        *,
        source_bucket: str | None = None,
        source_etag: str | None = None,
        if_none_match: bool = False,
    ) -> StoredObject:
        """Copy an object inside S3, with its type, metadata and tags.

        One of more than 5 GB is copied in parts, of which none stays behind when that fails.

        Args:
            source: the key to copy.
            key: the key of the copy.
            source_bucket: when it lies in another bucket.
            source_etag: only while the source is this version.
            if_none_match: refuse to replace an object.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html

        Raises:
            NotFoundError: there is no such object.
            ConflictError: ``if_none_match``, and there is one already; or the source changed.
        """
        calls = self._calls
        bucket = calls.bucket if source_bucket is None else check.bucket(source_bucket)
        from_key, to_key = check.key(source, "source"), check.key(key)
        if (bucket, from_key) == (calls.bucket, to_key):
            check.refuse("key", "is the source itself")
        condition = {"IfNoneMatch": "*"} if if_none_match else {}
        if source_etag is not None:
            condition["CopySourceIfMatch"] = check.header("source_etag", source_etag)
        place = {"Bucket": bucket, "Key": from_key}
        try:
            answer = calls.change("copy_object", Key=to_key, CopySource=place, **condition)
        except InvalidRequestError as refused:
            found = self._if_too_large(place, source_etag)
            if found is None:
                raise refused from refused.__cause__
            return copy_in_parts(calls, place, found, to_key, create_only=if_none_match)
        if calls.dry:
            return StoredObject(to_key, 0, "", stored=False, raw=answer)
        info = self.head(to_key)
        return StoredObject(to_key, info.size, info.content_type, info.etag, raw=answer)

    def _if_too_large(self, place: dict[str, str], etag: str | None) -> Answer | None:
        """Return the source's HEAD when its size is why a copy was refused.

        Asked afterwards, it costs nothing where one request does.
        """
        asked = {"ChecksumMode": "ENABLED"} if self._calls.settings.preset.checksums else {}
        try:
            found = self._calls.read("head_object", **place, **asked)
        except ProviderError:
            return None
        if not too_large(found):
            return None
        return found if etag is None else {**found, "ETag": f'"{etag.strip(chr(34))}"'}

    def move(self, source: str, key: str) -> StoredObject:
        """Copy an object, then delete the source. S3 has no move: for a moment there are both.

        Raises:
            NotFoundError: there is no such object.
        """
        moved = self.copy(source, key)
        self.delete(source)
        return moved

    def delete(self, key: str) -> None:
        """Delete an object. One that is not there counts as deleted, as in S3.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
        """
        self._calls.change("delete_object", Key=check.key(key))

    def delete_many(self, keys: Iterable[str]) -> DeleteReport:
        """Delete any number of objects, a thousand in a request.

        Every key is checked before the first request. The report tells what was not deleted.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        if isinstance(keys, str):
            check.refuse("keys", "is one string; pass a list of keys")
        checked = iter([check.key(each, "keys") for each in keys])
        deleted: list[str] = []
        failed: dict[str, str] = {}
        while batch := [*islice(checked, DELETE_AT_ONCE)]:
            wanted = {"Objects": [{"Key": each} for each in batch], "Quiet": False}
            answer = self._calls.change("delete_objects", Delete=wanted)
            deleted += [str(each["Key"]) for each in answer.get("Deleted", [])]
            failed |= {str(e["Key"]): str(e.get("Code", "")) for e in answer.get("Errors", [])}
        return DeleteReport(tuple(deleted), failed)

    def get_tags(self, key: str) -> dict[str, str]:
        """Return an object's tags.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
        """
        self._need_tags()
        answer = self._calls.read("get_object_tagging", Key=check.key(key))
        return {each["Key"]: each["Value"] for each in answer.get("TagSet", [])}

    def set_tags(self, key: str, tags: Mapping[str, str]) -> None:
        """Replace an object's tags, at most ten; an empty mapping removes them.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
        """
        self._need_tags()
        tagging = {"TagSet": check.tags(tags)}
        self._calls.change("put_object_tagging", Key=check.key(key), Tagging=tagging)

    def _need_tags(self) -> None:
        preset = self._calls.settings.preset
        if not preset.tags:
            raise InvalidRequestError(
                f"provider {preset.name} has no object tags. Nothing was sent.",
                provider="s3",
                argument="tags",
                hint="Keep the information in metadata, or in your own database.",
            )


def _info(key: str, raw: Answer) -> ObjectInfo:
    return ObjectInfo(
        key=key,
        size=raw.get("ContentLength", 0),
        content_type=raw.get("ContentType", ""),
        etag=str(raw.get("ETag", "")).strip('"'),
        last_modified=raw.get("LastModified"),
        metadata=raw.get("Metadata", {}),
        cache_control=raw.get("CacheControl", ""),
        content_disposition=raw.get("ContentDisposition", ""),
        storage_class=raw.get("StorageClass", "STANDARD"),
        crc32=raw.get("ChecksumCRC32", ""),
        version_id=version_of(raw),
        raw=raw,
    )


def _summary(raw: Answer) -> ObjectSummary:
    return ObjectSummary(
        key=raw["Key"],
        size=raw["Size"],
        etag=str(raw.get("ETag", "")).strip('"'),
        last_modified=raw.get("LastModified"),
        storage_class=raw.get("StorageClass", "STANDARD"),
        raw=raw,
    )
