"""What a file is: by its name, by its first bytes, and whether it is on the list."""

import mimetypes
from dataclasses import dataclass

from integrations.s3.arguments import content_type as check_content_type
from integrations.s3.arguments import refuse

SNIFFED_BYTES = 4096
"""How much of the beginning of a file is looked at."""

BINARY = "application/octet-stream"

# Not the machine's own list: a name must mean the same type on every machine. The additions are
# missing in the library of one of Python 3.11 to 3.13.
_TYPES = mimetypes.MimeTypes(filenames=())
for _suffix, _type in (
    (".avif", "image/avif"),
    (".heic", "image/heic"),
    (".md", "text/markdown"),
    (".mkv", "video/x-matroska"),
    (".parquet", "application/vnd.apache.parquet"),
    (".webp", "image/webp"),
    (".woff2", "font/woff2"),
    (".yaml", "application/yaml"),
):
    _TYPES.add_type(_type, _suffix)
_ENCODED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

# Types that puremagic calls otherwise, or tells by a wider name.
_ALIASES = {
    "image/heic": {"image/heif", "image/heic"},
    "application/gzip": {"application/x-gzip", "application/gzip"},
    "video/x-matroska": {"application/x-matroska", "video/x-matroska"},
}


@dataclass(frozen=True)
class AllowList:
    """Which types a field of a form takes.

    Attributes:
        name: what to call them.
        types: media types, each with its usual suffix.
    """

    name: str
    types: tuple[tuple[str, str], ...]

    def __contains__(self, content_type: object) -> bool:
        """Tell whether a type is on the list."""
        return any(content_type == known for known, _ in self.types)

    def suffix(self, content_type: str) -> str:
        """Return the suffix of a type on the list."""
        return dict(self.types)[content_type]

    def __add__(self, other: "AllowList") -> "AllowList":
        """Return a list of both."""
        return AllowList(f"{self.name}, {other.name}", self.types + other.types)


# SVG is not among them: it is a document with scripts, which run where it is opened.
IMAGES = AllowList(
    "images",
    (
        ("image/png", ".png"),
        ("image/jpeg", ".jpg"),
        ("image/gif", ".gif"),
        ("image/webp", ".webp"),
        ("image/avif", ".avif"),
    ),
)
"""Images that browsers show and that cannot hold scripts."""
PDF = AllowList("PDF", (("application/pdf", ".pdf"),))
"""PDF documents."""
VIDEO = AllowList(
    "video",
    (("video/mp4", ".mp4"), ("video/webm", ".webm"), ("video/quicktime", ".mov")),
)
"""Video that browsers play."""
_TELLABLE = frozenset(
    kind for kind, _ in (*(IMAGES + PDF + VIDEO).types, ("image/heic", ""), ("application/zip", ""))
)
ACTIVE = ("image/svg+xml", "text/html", "application/xhtml+xml", "text/xml", "application/xml")
"""Types that can carry scripts; serve them as attachments, from a host without cookies."""


def guess_content_type(name: str) -> str:
    """Return the type that a file's name says; ``application/octet-stream`` when it says none."""
    kind, encoding = _TYPES.guess_type(name.rpartition("/")[2], strict=True)
    if encoding:
        return _ENCODED.get(encoding, BINARY)
    return kind or BINARY


def sniff(head: bytes) -> frozenset[str]:
    """Return every type that the first bytes of a file may be; none when they tell nothing."""
    import puremagic

    try:
        found = puremagic.magic_string(head[:SNIFFED_BYTES])
    except (puremagic.PureError, ValueError):
        return frozenset()
    return frozenset(each.mime_type for each in found if each.mime_type)


def is_active(head: bytes) -> bool:
    """Tell whether a file begins as a document that a browser would run scripts from.

    Browsers look into the beginning as well, so a picture's name does not make HTML harmless.
    """
    text = head[:SNIFFED_BYTES].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    return text.startswith(
        (b"<!doctype html", b"<html", b"<script", b"<?xml", b"<svg", b"<body")
    ) or (text.startswith(b"<!") and (b"<svg" in text or b"<html" in text))


def matches(content_type: str, head: bytes) -> bool:
    """Tell whether the first bytes fit the type; True where bytes cannot tell it."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _TELLABLE and kind not in _ALIASES:
        return (
            not is_active(head)
            or not kind.startswith(("image/", "video/", "audio/"))
            or (kind == "image/svg+xml")
        )
    return bool(sniff(head) & (_ALIASES.get(kind) or {kind}))


def content_type_for(name: str, given: str | None, head: bytes) -> str:
    """Return the type to store a file with: the one given, else the one its name says.

    Raises:
        InvalidRequestError: the first bytes are not of that type.
    """
    chosen = guess_content_type(name) if given is None else check_content_type(given)
    if head and not matches(chosen, head):
        seen = ", ".join(sorted(sniff(head))[:3]) or (
            "a document" if is_active(head) else "unknown"
        )
        refuse("content_type", f"{chosen} does not fit the first bytes, which look like: {seen}")
    return chosen
