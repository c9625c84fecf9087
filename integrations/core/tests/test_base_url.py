"""Where a key is sent: over https, or to this machine, and nowhere else, however it is written."""

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from integrations.core.base_url import base_url_problem

HERE = {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "https://API.example.com:8443/v1/",
        "https://a-b.c/x/y_z~1.0",
        "https://10.0.0.7:9000",
        "https://[fd00::7]:9000",
        "https://minio",
        "http://localhost",
        "http://localhost:12111/v1",
        "http://127.0.0.1:65535",
        "http://[::1]:80/",
    ],
)
def test_an_address_over_https_or_on_this_machine_is_taken(url: str) -> None:
    assert base_url_problem(url) is None


ODD = [
    "",
    "https://",
    "https:///v1",
    "ftp://localhost",
    "//localhost",
    "localhost:8000",
    "http://api.example.com",
    "http://localhost.evil.com",
    "http://127.0.0.1.evil.com",
    "http://127.0.0.1@evil.com",
    "http://localhost:80@evil.com",
    "http://evil.com#localhost",
    "http://evil.com\\@localhost",
    "http://localhost\\.evil.com",
    "http://localhost\t.evil.com",
    "http://localhost\n",
    " http://localhost",
    "http://localhost.",
    "http://127.1",
    "http://0x7f000001",
    "http://2130706433",
    "http://127.0.0.2",
    "http://0.0.0.0",
    "http://[::ffff:127.0.0.1]",
    "http://[::1].evil.com",
    "http://[::1%25evil]",
    "http://[::]",
    "http://localhost:",
    "http://localhost:0",
    "http://localhost:65536",
    "http://localhost:80:80",
    "http://localhost:\u0661",
    "HTTP://LOCALHOST",
    "https://user:word@api.example.com",
    "https://api.example.com?x",
    "https://api.example.com#x",
    "https://api.example.com/a b",
    "https://api example.com",
    "https://api.example.com:https",
    "https://api..example.com",
    "https://-api.example.com",
    "https://127.1",
    "https://2130706433",
    "https://api.0x7f",
    "https://[fd00::zz]",
    "https://[fd00::7",
    "https://b\u00fccher.example",
    "https://\uff4cocalhost",
]


@pytest.mark.parametrize("url", ODD)
def test_any_other_is_refused(url: str) -> None:
    assert "https://" in (base_url_problem(url, "https://api.acme.test") or "")
    assert "such as https://api.acme.test" in (base_url_problem(url, "https://api.acme.test") or "")


PIECES = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "//", "/", "\\", "@", ":", ".", "#", "?", "%", "%40"),
        *(
            "[",
            "]",
            "::1",
            "localhost",
            "127.0.0.1",
            "127.1",
            "evil.com",
            "user",
            "80",
            "0",
            "65536",
        ),
        *("-", "_", "~", " ", "\t", "\n", "\r", "\x00"),
        *("\u0661", "\u3002", "\uff0f", "\u00df", "\u200b"),
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30))
@example("http://localhost:8000@evil.com/")
@example("https://evil.com\n")
def test_what_is_taken_means_the_same_to_every_parser(url: str) -> None:
    for text in (url, f"http://localhost{url}", f"http://127.0.0.1{url}", f"https://{url}"):
        if base_url_problem(text) is None:
            _agreed(text)


def _agreed(url: str) -> None:
    plain, ours, theirs = urlsplit(url), httpx.URL(url), parse_url(url)
    host = (plain.hostname or "").lower()
    assert host
    assert host == ours.host.lower() == (theirs.host or "").strip("[]").lower()
    assert plain.port == ours.port == theirs.port or plain.port in (80, 443)
    assert plain.scheme == "https" or host in HERE
    assert (ours.userinfo, theirs.auth, plain.query, plain.fragment) == (b"", None, "", "")
