"""What S3 checks when a multipart upload is completed, and moto does not."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from integrations.core.wire import Request
from integrations.s3.fake_address import Address, Profile
from integrations.s3.fake_digests import ALGORITHMS
from integrations.s3.fake_vendor import refuse

_NUMBERS = re.compile(rb"<PartNumber>\s*([0-9]{1,5})\s*</PartNumber>")


@dataclass(frozen=True)
class Whole:
    """The checksum of a whole object, as its uploader gave it."""

    algorithm: str
    value: str
    type: str


def is_completion(request: Request, address: Address) -> bool:
    """Tell whether a request completes a multipart upload."""
    return request.method == "POST" and address.parameter("uploadId") is not None


def check_completion(
    request: Request, address: Address, uploads: list[Any], profile: Profile
) -> Whole | None:
    """Compare size and checksum with the joined parts; return the checksum when there is one.

    Raises:
        S3RefusedError: they differ, or R2's parts are not of one size.
    """
    upload = next((each for each in uploads if each.id == address.parameter("uploadId")), None)
    if upload is None or not is_completion(request, address):
        return None
    numbers = [int(number) for number in _NUMBERS.findall(request.body)]
    parts = [upload.parts[number].value for number in numbers if number in upload.parts]
    if profile == "r2" and len({len(part) for part in parts[:-1]}) > 1:
        refuse("InvalidPart", "All non-trailing parts must have the same length.")
    _check_size(request, sum(map(len, parts)))
    return _check_checksum(request, parts)


def _check_size(request: Request, size: int) -> None:
    declared = request.headers.get("x-amz-mp-object-size")
    if declared is not None and declared != str(size):
        refuse(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {declared} does not match what was "
            f"computed: {size}",
        )


def _check_checksum(request: Request, parts: list[bytes]) -> Whole | None:
    for algorithm in ALGORITHMS:
        claimed = request.headers.get(f"x-amz-checksum-{algorithm}")
        if claimed is None:
            continue
        kind = request.headers.get("x-amz-checksum-type", "COMPOSITE")
        if claimed != _computed(algorithm, kind, parts):
            refuse(
                "BadDigest",
                f"The {algorithm.upper()} you specified did not match the calculated checksum.",
            )
        return Whole(algorithm, claimed, kind)
    return None


def _computed(algorithm: str, kind: str, parts: list[bytes]) -> str:
    compute = ALGORITHMS[algorithm]
    if kind == "FULL_OBJECT":
        return base64.b64encode(compute(b"".join(parts))).decode()
    each = b"".join(compute(part) for part in parts)
    return f"{base64.b64encode(compute(each)).decode()}-{len(parts)}"
