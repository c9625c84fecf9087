"""The CRT's transfer manager on a plain endpoint, as s3transfer builds it.

boto3 by itself gives the CRT no endpoint: ``preferred_transfer_client="crt"`` talks to AWS over
TLS, whatever ``endpoint_url`` says (boto3 1.44, boto3/crt.py, 2026-11).
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.session import Session


class CrtMissingError(Exception):
    """awscrt is not installed."""


@cache
def crt_manager(url: str) -> Any:
    """Return a manager for a loopback server; the CRT looks names up, and takes no IP address.

    Raises:
        CrtMissingError: with the word for the reader.
    """
    try:
        import awscrt  # noqa: F401
        from s3transfer import crt
    except ImportError as missing:
        raise CrtMissingError(f"no row for the CRT: {missing}; pip install awscrt") from missing
    settings = {
        "region_name": "us-east-1",
        "endpoint_url": url.replace("127.0.0.1", "localhost"),
        "config": Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        "aws_access_key_id": "bench",
        "aws_secret_access_key": "bench",
    }
    keys = crt.BotocoreCRTCredentialsWrapper(Credentials("bench", "bench"))
    client = crt.create_s3_crt_client(
        "us-east-1", crt_credentials_provider=keys.to_crt_credentials_provider(), use_ssl=False
    )
    return crt.CRTTransferManager(client, crt.BotocoreCRTRequestSerializer(Session(), settings))
