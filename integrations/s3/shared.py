"""The client that shortcuts share when they are given none."""

from functools import cache

from integrations.s3.client import S3Client


@cache
def _from_environment() -> S3Client:
    return S3Client.from_env()


def client_or_shared(client: S3Client | None) -> S3Client:
    """Return the client given, else one made from the environment and kept.

    Raises:
        ConfigurationError: the environment lacks what it needs.
    """
    return client or _from_environment()
