"""Names for what others upload: made here, under their owner, never the name they give."""

import re
import unicodedata
import uuid
from collections.abc import Callable

from integrations.s3.arguments import refuse, text

_OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNSAFE = re.compile(r"[^a-z0-9]+")
MAX_STEM = 60


def _new_id() -> str:
    return uuid.uuid4().hex


def owner_prefix(owner: str, *, area: str = "uploads") -> str:
    """Return the prefix under which everything of an owner lies, such as ``uploads/u7/``.

    Raises:
        InvalidRequestError: the owner or the area is no plain word; a slash or a dot in it would
            reach into somebody else's prefix.
    """
    for argument, value in (("owner", owner), ("area", area)):
        if not _OWNER.fullmatch(text(argument, value)):
            refuse(argument, f"{value!r} is not 1 to 64 letters, digits, hyphens and underscores")
    return f"{area}/{owner}/"


def unique_key(
    name: str,
    owner: str,
    *,
    area: str = "uploads",
    suffix: str | None = None,
    new_id: Callable[[], str] = _new_id,
) -> str:
    """Return a new key for a file: the owner's prefix, a random id, and a readable name.

    Args:
        name: what the sender calls the file; folders are dropped, odd characters replaced.
        owner: your id of whoever it belongs to.
        area: the first part of the key.
        suffix: with its dot, instead of the name's own.
        new_id: makes the random part.
    """
    base = re.split(r"[/\\]", text("name", name))[-1]
    stem, dot, given = base.rpartition(".")
    end = suffix if suffix is not None else f".{_plain(given)}" if dot and _plain(given) else ""
    readable = _plain(stem if dot else base)[:MAX_STEM].strip("-") or "file"
    return f"{owner_prefix(owner, area=area)}{new_id()}/{readable}{end[:16]}"


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", ascii_only.lower()).strip("-")
