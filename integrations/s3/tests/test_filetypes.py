"""What a file is, by its name and by its bytes; keys for what others upload."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError
from integrations.s3 import digests
from integrations.s3.filetypes import (
    IMAGES,
    PDF,
    VIDEO,
    guess_content_type,
    is_active,
    matches,
    sniff,
)
from integrations.s3.keys import unique_key

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01",
    "image/gif": b"GIF89a\x01\0\x01\0",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    "application/pdf": b"%PDF-1.7\n",
    "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
    "video/webm": bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d"),
    "video/quicktime": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
}


def test_every_type_on_a_list_is_told_by_its_bytes_and_from_the_others() -> None:
    allowed = [kind for kind, _ in (IMAGES + PDF + VIDEO).types]
    assert sorted(HEADS) == sorted(allowed)
    for kind, head in HEADS.items():
        assert matches(kind, head), kind
    for kind in ("image/png", "image/jpeg", "image/gif", "application/pdf"):
        assert [other for other, head in HEADS.items() if matches(kind, head)] == [kind]


@pytest.mark.parametrize(
    "head",
    [
        b"<svg onload=x>",
        b"\xef\xbb\xbf  <?xml version='1.0'?><svg>",
        b"<!DOCTYPE html>",
        b"\n\t<HTML>",
        b"<script>",
        b"<!-- c --><svg>",
        "<svg>".encode("utf-16"),
    ],
)
def test_documents_with_scripts_are_no_pictures(head: bytes) -> None:
    assert is_active(head)
    for kind in (*HEADS, "image/x-unknown"):
        assert not matches(kind, head), kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/b.PNG", "image/png"),
        ("b.webp", "image/webp"),
        ("c.tar.gz", "application/gzip"),
        ("d.md", "text/markdown"),
        ("e", "application/octet-stream"),
        ("f.png/g", "application/octet-stream"),
        ("h.json", "application/json"),
        (".png", "application/octet-stream"),
    ],
)
def test_a_type_is_guessed_from_the_last_part_of_the_name(name: str, kind: str) -> None:
    assert guess_content_type(name) == kind


@given(st.binary(max_size=200))
def test_any_bytes_can_be_sniffed(head: bytes) -> None:
    assert isinstance(sniff(head), frozenset)
    assert isinstance(matches("image/png", head), bool)


@given(st.text(max_size=80), st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True))
def test_a_key_lies_under_its_owner_whatever_the_name(name: str, owner: str) -> None:
    key = unique_key(name, owner, new_id=lambda: "id")
    assert key.startswith(f"uploads/{owner}/id/")
    assert key.count("/") == 3
    assert key.isascii()
    assert not set(key.lower()) - set("abcdefghijklmnopqrstuvwxyz0123456789-_./")


@pytest.mark.parametrize("owner", ["", ".", "..", "a/b", "a.b", "ü", "x" * 65])
def test_an_owner_that_could_reach_out_is_refused(owner: str) -> None:
    with pytest.raises(InvalidRequestError, match="owner"):
        unique_key("a.png", owner)


def test_keys_differ_each_time() -> None:
    assert unique_key("a.png", "u7") != unique_key("a.png", "u7")


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_checksums_of_parts_join_to_that_of_the_whole(parts: list[bytes]) -> None:
    crc = 0
    for part in parts:
        crc = digests.joined_crc32(crc, zlib.crc32(part), len(part))
    assert crc == zlib.crc32(b"".join(parts))
