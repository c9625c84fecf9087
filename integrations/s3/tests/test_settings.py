"""Settings, modes and names: what is refused before anything is built."""

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import ConfigurationError, InvalidRequestError, NotSentError
from integrations.core.log import UrlRedactingFilter
from integrations.core.workbook import Mock
from integrations.s3.client import S3Client
from integrations.s3.names import bucket_problem, key_problem
from integrations.s3.settings import S3Settings

LIVE = {"S3_BUCKET": "acme-files", "AWS_DEFAULT_REGION": "eu-west-1"}
R2_URL = "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com"


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"AWS_DEFAULT_REGION": "Ireland!"}, "AWS_DEFAULT_REGION"),
        ({"AWS_DEFAULT_REGION": "eu-west-99"}, "AWS_DEFAULT_REGION"),
        ({"S3_BUCKET": "My_Bucket"}, "S3_BUCKET"),
        ({"S3_BUCKET": "192.168.0.1"}, "S3_BUCKET"),
        ({"S3_PROVIDER": "gcs"}, "S3_PROVIDER"),
        ({"S3_PROVIDER": "minio"}, "AWS_ENDPOINT_URL_S3"),
        ({"S3_PROVIDER": "r2", "AWS_ENDPOINT_URL_S3": R2_URL}, "AWS_DEFAULT_REGION"),
        ({"AWS_ENDPOINT_URL_S3": "http://minio.example.com"}, "AWS_ENDPOINT_URL_S3"),
        ({"AWS_ENDPOINT_URL_S3": "https://minio.example.com/bucket"}, "AWS_ENDPOINT_URL_S3"),
        ({"AWS_ACCESS_KEY_ID": "AKIAONLYHALFAKEY0000"}, "go together"),
        ({"AWS_SECRET_ACCESS_KEY": "sk_live_pasted_here"}, "another service"),
        ({"S3_ADDRESSING": "sideways"}, "S3_ADDRESSING"),
        ({"S3_TIMEOUT": "soon"}, "S3_TIMEOUT"),
        ({"S3_SANDBOX_BUCKETS": "fine-bucket, Not_Fine"}, "S3_SANDBOX_BUCKETS"),
    ],
)
def test_a_wrong_setting_is_named(env: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as raised:
        S3Client.from_env({**LIVE, **env}, mode="live")
    assert "sk_live_pasted_here" not in str(raised.value)


def test_without_static_keys_the_usual_chain_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFROMTHECHAIN0000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fromthechain")
    client = S3Client.from_env(LIVE, mode="live")
    assert "AKIAFROMTHECHAIN0000" in client.presign_get("a.txt").url


def test_an_inherited_endpoint_does_not_redirect_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example.com")
    client = S3Client.from_env({}, mode="mock")
    assert client.presign_get("a.txt").url.startswith("https://workbook-uploads.s3.eu-west-1.")


def test_mock_mode_reads_nobodys_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-east-2\ns3 =\n  addressing_style = path\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    client = S3Client.from_env({}, mode="mock")
    client.upload_bytes("a.txt", b"x")
    assert client.fake.requests[0].url.startswith("https://workbook-uploads.s3.eu-west-1.")


def test_a_dotted_bucket_goes_into_the_path(lab: Mock) -> None:
    lab.fake.add_bucket("www.example.com")
    lab.client.in_bucket("www.example.com").upload_bytes("a.txt", b"x")
    url = lab.fake.requests[-1].url
    assert url.startswith("https://s3.eu-west-1.amazonaws.com/www.example.com/a.txt")


def test_debug_mode_records_a_big_upload_and_sends_nothing(big: bytes) -> None:
    client = S3Client.from_env({"S3_BUCKET": "acme-files"}, mode="debug")
    assert client.upload_bytes("a.bin", big).stored is False
    assert client.upload_bytes("a.txt", b"x").stored is False
    with pytest.raises(NotSentError):
        client.exists("a.txt")
    assert {each.outcome for each in client.outbox} == {"not sent"}


def test_debug_mode_without_a_bucket_says_which_setting_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="S3_BUCKET"):
        S3Client.from_env({}, mode="debug").upload_bytes("a.txt", b"x")


def test_secrets_do_not_show() -> None:
    env = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hush-secret"}
    env |= {"AWS_SESSION_TOKEN": "hush-token"}
    client = S3Client.from_env(env, mode="mock")
    assert "hush" not in repr(client) + repr(client.settings) + str(vars(client.settings))
    assert isinstance(client.settings, S3Settings)


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/../b", "..", "./a", "a/.", "a\\b", "a\0b", "a\nb", "\ud800", "ü" * 513],
)
def test_a_key_that_would_mean_something_else_is_refused(lab: Mock, key: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: lab.client.upload_bytes(key, b"x"),
        lambda: lab.client.download_bytes(key),
        lambda: lab.client.delete(key),
        lambda: lab.client.presign_get(key),
        lambda: lab.client.copy("a.txt", key),
        lambda: lab.client.copy(key, "a.txt"),
    )
    for call in calls:
        with pytest.raises(InvalidRequestError):
            call()
    assert lab.fake.requests == []


@pytest.mark.parametrize("key", ["a", "a..b/c", "...", "a/", "ü" * 512, " ", "-", "a//b", "~"])
def test_a_key_that_is_only_odd_is_fine(key: str) -> None:
    assert key_problem(key) is None


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "-ab",
        "ab-",
        "A-b",
        "a_b",
        "a..b",
        "10.0.0.1",
        "xn--a",
        "a-s3alias",
        "",
        "ä-b",
    ],
)
def test_a_bucket_that_is_none_is_refused(name: str) -> None:
    assert bucket_problem(name)


@given(st.text(max_size=1200))
def test_a_key_that_is_taken_stays_inside_its_folder(key: str) -> None:
    if key_problem(key) is None:
        inside = os.path.normpath(f"/bucket/{key}")
        assert inside == "/bucket" or inside.startswith("/bucket/")
        assert len(key.encode()) <= 1024


@pytest.mark.parametrize(
    "given",
    [
        {"data": "text"},
        {"content_type": "not a type"},
        {"metadata": {"a b": "x"}},
        {"metadata": {"a": "ü"}},
        {"metadata": {"a": "x" * 2048}},
        {"metadata": {"a": "x\r\nx-amz-acl: public-read"}},
        {"tags": {str(number): "" for number in range(11)}},
        {"tags": {"aws:mine": ""}},
        {"tags": {"a": "<b>"}},
        {"cache_control": "a\r\nb"},
        {"content_disposition": "ü"},
    ],
)
def test_a_header_that_would_not_hold_is_refused(lab: Mock, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        lab.client.upload_bytes("a.txt", **{"data": b"x", **given})
    assert raised.value.argument == next(iter(given))
    assert lab.fake.requests == []


def test_the_http_librarys_log_is_redacted_as_soon_as_there_is_a_client() -> None:
    library = logging.getLogger("urllib3.connectionpool")
    known = [each for each in library.filters if isinstance(each, UrlRedactingFilter)]
    for each in known:
        library.removeFilter(each)
    S3Client.from_env({}, mode="mock")
    assert any(isinstance(each, UrlRedactingFilter) for each in library.filters)
