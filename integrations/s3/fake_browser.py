"""Send what a browser sends, to a fake: the form with its file, and the question before a PUT."""

import re
from collections.abc import Mapping
from html import unescape

from integrations.core.wire import Request, Response

_BOUNDARY = "----workbookformboundary7MA4YWxkTrZu0gW"


def form_request(
    url: str,
    fields: Mapping[str, str],
    content: bytes,
    *,
    filename: str = "photo.png",
    content_type: str = "application/octet-stream",
) -> Request:
    """Return the request of an HTML form: its fields in their order, then the file.

    Args:
        url: the form's action.
        fields: the hidden fields.
        content: the file.
        filename: the file's name on the user's disk.
        content_type: what the browser says of the file; S3 does not read it.
    """
    parts = [(f'name="{_quoted(name)}"', value.encode()) for name, value in fields.items()]
    kind = f'name="file"; filename="{_quoted(filename)}"\r\nContent-Type: {content_type}'
    body = b"".join(
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for head, value in [*parts, (kind, content)]
    )
    headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
    return Request("POST", url, headers, body + f"--{_BOUNDARY}--\r\n".encode())


def preflight_request(
    url: str, *, origin: str, method: str = "PUT", headers: tuple[str, ...] = ("content-type",)
) -> Request:
    """Return the ``OPTIONS`` request with which a browser asks whether a page may go on.

    Args:
        url: what the page wants to send to.
        origin: the page's own, such as ``https://app.example.com``.
        method: what the page wants to use.
        headers: what the page wants to set.
    """
    asked = {"origin": origin, "access-control-request-method": method}
    if headers:
        asked["access-control-request-headers"] = ", ".join(headers)
    return Request("OPTIONS", url, asked)


def _quoted(text: str) -> str:
    # https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def answer(response: Response) -> str:
    """Say in a line what S3 answered: the status, and code and message when it refuses."""
    text = response.body.decode("utf-8", "replace")
    found = re.search("<Code>([^<]*)</Code><Message>([^<]*)</Message>", text)
    return f"{response.status} {found[1]}: {unescape(found[2])}" if found else str(response.status)
