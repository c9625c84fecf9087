"""Checks of arguments, made before any request; each refusal names the argument."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

from integrations.core.errors import InvalidRequestError
from integrations.s3.names import bucket_problem, key_problem

# A signature may last seven days (SigV4); boto3 signs longer ones, and S3 then refuses them.
MAX_EXPIRY_S = 604_800
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html, read 2026-11.
MAX_PARTS = 10_000
MAX_OBJECT_BYTES = 50 * 1024**4
MAX_METADATA_BYTES = 2048
MAX_TAGS = 10
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;\s*[\w-]+=[\w.+\"-]+)*"
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html, read 2026-11.
_TAG = re.compile(r"[\w +\-=.:/@]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def refuse(argument: str, why: str) -> NoReturn:
    """Raise the error of a bad argument."""
    raise InvalidRequestError(
        f"{argument}: {why}. Nothing was sent.", provider="s3", argument=argument
    )


def text(argument: str, value: object) -> str:
    """Return a string."""
    if not isinstance(value, str):
        refuse(argument, f"must be a string, not {type(value).__name__}")
    return value


def key(value: object, argument: str = "key") -> str:
    """Return a key that means one object everywhere."""
    name = text(argument, value)
    if wrong := key_problem(name):
        refuse(argument, wrong)
    return name


def prefix(value: object) -> str:
    """Return the beginning of keys; empty for all."""
    name = text("prefix", value)
    if name and (wrong := key_problem(name)):
        refuse("prefix", wrong)
    return name


def bucket(value: object, argument: str = "bucket") -> str:
    """Return a bucket's name."""
    name = text(argument, value)
    if wrong := bucket_problem(name):
        refuse(argument, f"{name!r} {wrong}")
    return name


def expiry(value: object) -> int:
    """Return whole seconds from 1 to seven days."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_EXPIRY_S:
        refuse("expires_in", f"{value!r} is not a whole number of seconds from 1 to {MAX_EXPIRY_S}")
    return value


def whole(argument: str, value: object, low: int, high: int) -> int:
    """Return a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        refuse(argument, f"{value!r} is not a whole number from {low} to {high}")
    return value


def content_type(value: object, argument: str = "content_type") -> str:
    """Return a media type, such as ``image/png``."""
    given = text(argument, value)
    if not _MEDIA_TYPE.fullmatch(given):
        refuse(argument, f"{given!r} is no media type, such as image/png")
    return given


def header(argument: str, value: object) -> str:
    """Return a text that may stand in a header."""
    given = text(argument, value)
    if not given.isascii() or not given.isprintable():
        refuse(argument, "must be printable ASCII, as a header")
    return given


def metadata(value: Mapping[str, str]) -> dict[str, str]:
    """Return metadata: names that may stand in a header, ASCII values, 2 KB in all."""
    for name, entry in value.items():
        if not _TOKEN.fullmatch(text("metadata", name)):
            refuse("metadata", f"{name!r} is no header name")
        header("metadata", entry)
    if sum(len(name) + len(entry) for name, entry in value.items()) > MAX_METADATA_BYTES:
        refuse("metadata", f"has more than {MAX_METADATA_BYTES} bytes")
    return {name.lower(): entry for name, entry in value.items()}


def tags(value: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as S3 takes them: at most ten, names to 128 and values to 256 characters."""
    if len(value) > MAX_TAGS:
        refuse("tags", f"there are {len(value)}; S3 takes at most {MAX_TAGS}")
    for name, entry in value.items():
        text("tags", name), text("tags", entry)
        if not 1 <= len(name) <= 128 or len(entry) > 256 or name.startswith("aws:"):
            refuse("tags", f"{name!r} or its value is no tag: at most 128 and 256 characters")
        if not _TAG.fullmatch(name + entry):
            refuse("tags", f"{name!r} or its value may hold letters, digits, spaces and +-=._:/@")
    return [{"Key": name, "Value": entry} for name, entry in value.items()]


def data(value: object) -> bytes:
    """Return bytes, and take no text for them."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        refuse("data", f"must be bytes, not {type(value).__name__}; encode a text first")
    return bytes(value)


def readable_file(value: str | Path) -> Path:
    """Return the path of a file that can be read."""
    path = Path(value)
    if not path.is_file():
        refuse(
            "path", f"{path.name!r} is no file" if path.exists() else f"{path.name!r} is not there"
        )
    if not os.access(path, os.R_OK):
        refuse("path", f"{path.name!r} cannot be read: permission denied")
    return path


def opened(value: str | Path) -> BinaryIO:
    """Open a file for reading; it may be gone or locked since it was looked at."""
    path = readable_file(value)
    try:
        return path.open("rb")
    except OSError as error:
        refuse("path", f"{path.name!r} cannot be read: {error.strerror}")


def binary_file(value: BinaryIO) -> BinaryIO:
    """Return an open file of bytes."""
    if not callable(getattr(value, "read", None)):
        refuse("file", f"must be a file opened for reading, not {type(value).__name__}")
    if isinstance(value.read(0), str):
        refuse("file", "is opened as text; open it with mode 'rb'")
    return value
