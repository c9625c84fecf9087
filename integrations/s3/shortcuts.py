"""What most products do with S3, each in one call.

The functions of direct uploads are in :mod:`integrations.s3.uploads`, and can be imported from here
as well.
"""

from pathlib import Path
from typing import BinaryIO, overload
from urllib.parse import quote

from integrations.s3 import arguments as check
from integrations.s3.client import S3Client
from integrations.s3.filetypes import IMAGES, PDF, VIDEO, AllowList
from integrations.s3.keys import unique_key
from integrations.s3.models import Downloaded, StoredObject
from integrations.s3.shared import client_or_shared
from integrations.s3.uploads import (
    complete_upload,
    delete_upload,
    get_direct_upload_form_data,
    get_upload_file_url,
)
from integrations.s3.urls import S3Url, object_url, parse_s3_url

__all__ = [
    "IMAGES",
    "PDF",
    "VIDEO",
    "AllowList",
    "S3Url",
    "complete_upload",
    "delete_upload",
    "download",
    "get_direct_upload_form_data",
    "get_upload_file_url",
    "parse_s3_url",
    "public_url",
    "signed_url",
    "unique_key",
    "upload",
]


def upload(
    source: bytes | str | Path | BinaryIO,
    key: str,
    *,
    content_type: str | None = None,
    client: S3Client | None = None,
) -> StoredObject:
    """Store bytes, a file by its path, or an open file.

    Args:
        source: what to store; a string is a path.
        key: the key.
        content_type: guessed from the name when None, and compared with the first bytes.
        client: one made from the environment when None.

    Raises:
        InvalidRequestError: an argument is refused.
    """
    s3 = client_or_shared(client)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return s3.upload_bytes(key, bytes(source), content_type=content_type)
    if isinstance(source, (str, Path)):
        return s3.upload_file(source, key, content_type=content_type)
    return s3.upload_fileobj(source, key, content_type=content_type)


@overload
def download(key: str, path: None = None, *, client: S3Client | None = None) -> bytes: ...
@overload
def download(key: str, path: str | Path, *, client: S3Client | None = None) -> Downloaded: ...
def download(
    key: str, path: str | Path | None = None, *, client: S3Client | None = None
) -> bytes | Downloaded:
    """Return an object's content, or write it to a file when there is a ``path``.

    Raises:
        NotFoundError: there is no such object.
    """
    s3 = client_or_shared(client)
    return s3.download_bytes(key) if path is None else s3.download_file(key, path)


def signed_url(
    key: str,
    *,
    expires_in: int = 300,
    filename: str | None = None,
    client: S3Client | None = None,
) -> str:
    """Return a URL that whoever has it can download from, for ``expires_in`` seconds.

    Args:
        key: the key.
        expires_in: 1 to 604,800; keep it short, since the URL is as good as a password.
        filename: offer it to be saved under this name.
        client: one made from the environment when None.
    """
    s3 = client_or_shared(client)
    return s3.presign_get(key, expires_in=expires_in, filename=filename).url


def public_url(key: str, *, client: S3Client | None = None) -> str:
    """Return the unsigned URL of an object: on ``S3_PUBLIC_HOST``, else on the bucket's own host.

    It works only for objects that a bucket policy or a CDN makes public; nothing is asked or
    changed here.
    """
    settings = client_or_shared(client).settings
    if settings.public_host:
        return f"https://{settings.public_host}/{quote(check.key(key), safe='/~')}"
    return object_url(
        check.bucket(settings.bucket),
        check.key(key),
        region=settings.region,
        endpoint_url=settings.endpoint_url,
        style=settings.addressing,
    )
