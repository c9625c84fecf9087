"""The fake behind a real socket: boto3 and urllib reach it as they would reach any S3."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from integrations.core.clock import SYSTEM_CLOCK
from integrations.core.serve import wsgi_app
from integrations.s3.fake import MOCK_ACCESS_KEY, MOCK_BUCKET, MOCK_REGION, MOCK_SECRET_KEY, FakeS3
from integrations.s3.tests.fake_support import SESSION


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[tuple[FakeS3, str]]:
    fake = FakeS3(clock=SYSTEM_CLOCK)
    server = make_server("127.0.0.1", 0, wsgi_app(fake), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield fake, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("key", ["a b/é+%.txt", "a//b"])
def test_boto3_and_a_presigned_url_over_a_socket(served: tuple[FakeS3, str], key: str) -> None:
    fake, url = served
    s3 = SESSION.client(
        "s3",
        endpoint_url=url,
        region_name=MOCK_REGION,
        aws_access_key_id=MOCK_ACCESS_KEY,
        aws_secret_access_key=MOCK_SECRET_KEY,
        config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
    )
    named: Any = {"Bucket": MOCK_BUCKET, "Key": key}
    s3.put_object(**named, Body=b"hello", Metadata={"owner": "u7"})
    assert fake.object(key).metadata == {"owner": "u7"}
    assert s3.head_object(**named)["ContentLength"] == 5
    assert s3.get_object(**named, Range="bytes=1-2")["Body"].read() == b"el"
    signed = s3.generate_presigned_url("get_object", Params=named)
    with urllib.request.urlopen(signed) as answer:  # noqa: S310  # a loopback address
        assert answer.read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as raised, urllib.request.urlopen(signed + "0"):  # noqa: S310
        pass
    assert raised.value.code == 403
    raised.value.close()
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=MOCK_BUCKET, Key="no")
    s3.close()
