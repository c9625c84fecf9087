"""Which bucket and key names S3 takes, and which we refuse although it would."""

import ipaddress
import re

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, read 2026-11.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
MAX_KEY_BYTES = 1024


def bucket_problem(name: str) -> str | None:
    """Return what is wrong with a bucket's name, or None."""
    if not _BUCKET.fullmatch(name):
        return (
            "is no bucket name: 3 to 63 lower-case letters, digits, hyphens and dots, beginning "
            "and ending with a letter or digit"
        )
    if ".." in name:
        return "has two dots in a row"
    # The demo prefix is AWS's own; names that begin so are refused for new buckets.
    if name.startswith(_PREFIXES) or name.endswith(_SUFFIXES):
        return "begins or ends in a way that AWS keeps for itself"
    return "looks like an IP address" if _is_address(name) else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def key_problem(key: str) -> str | None:
    """Return what is wrong with a key, or None.

    S3 takes ``../``; browsers, proxies and file systems resolve it, so that a key means one object
    here and another one there. Such keys are refused.
    """
    if not key:
        return "is empty"
    if found := _CONTROL.search(key):
        return f"holds the control character or half character {found[0]!r}"
    size = len(key.encode())
    if size > MAX_KEY_BYTES:
        return f"has {size} bytes in UTF-8; S3 takes at most {MAX_KEY_BYTES}"
    if key.startswith("/") or "\\" in key:
        return "must not begin with / or hold a backslash"
    if {".", ".."} & set(key.split("/")):
        return "holds a path segment '.' or '..', which would name another place"
    return None
