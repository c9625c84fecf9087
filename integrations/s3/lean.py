"""What boto3 adds to an upload, and what is not needed here."""

from io import BytesIO
from typing import Any

SMALL_BYTES = 1024 * 1024
"""The size up to which a body costs less than the question whether it is welcome."""


def send_at_once(client: Any) -> None:
    """Let one boto3 client send what lies in memory in one piece, and small bodies unasked."""
    client.meta.events.register_last(
        "before-call.s3", _unwrapped, unique_id="integrations-send-at-once"
    )


def _unwrapped(params: dict[str, Any], model: Any, **_: Any) -> None:
    # botocore makes a file of every body, which urllib3 sends in blocks of 16 KB (botocore 1.44,
    # urllib3 2, 2026-11).
    body = params.get("body")
    if type(body) is BytesIO and body.tell() == 0:
        params["body"] = body = body.getvalue()
    # A file waits for "100 Continue": one more round trip, whose answer is read byte by byte. It
    # saves sending what is refused; parts belong to an upload that has been allowed.
    if isinstance(body, bytes) and (model.name == "UploadPart" or len(body) <= SMALL_BYTES):
        params["headers"].pop("Expect", None)
