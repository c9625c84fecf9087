"""What differs between AWS and the compatibles, in one table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """How to talk to one provider.

    Attributes:
        name: as in ``S3_PROVIDER``.
        addressing: ``virtual`` (the bucket is in the host) or ``path``.
        checksums: whether it takes the CRC32 checksums that boto3 adds since 2025; otherwise
            ``Content-MD5`` is sent.
        post_forms: whether a browser can upload by a signed POST form.
        endpoint_needed: whether ``AWS_ENDPOINT_URL_S3`` has to be set.
        tags: whether objects have tags.
        regions: the only regions there are; empty when there is no short list.
    """

    name: str
    addressing: str
    checksums: bool
    post_forms: bool
    endpoint_needed: bool
    tags: bool = True
    regions: tuple[str, ...] = ()


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("aws", "virtual", checksums=True, post_forms=True, endpoint_needed=False),
        # https://developers.cloudflare.com/r2/api/s3/api/ and .../presigned-urls/, read 2026-11:
        # no POST forms, no tags, no ACLs; region auto (us-east-1 is an alias).
        Preset(
            "r2",
            "path",
            checksums=False,
            post_forms=False,
            endpoint_needed=True,
            tags=False,
            regions=("auto", "us-east-1"),
        ),
        Preset("minio", "path", checksums=False, post_forms=True, endpoint_needed=True),
        Preset("spaces", "virtual", checksums=False, post_forms=True, endpoint_needed=True),
        # Backblaze has no POST forms (https://www.backblaze.com/docs/cloud-storage-s3-compatible-api).
        Preset("b2", "path", checksums=False, post_forms=False, endpoint_needed=True, tags=False),
    )
}
"""The providers that are known, by name."""
