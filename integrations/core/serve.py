"""Serve a wire over HTTP, so that a fake can be tried from another program or language."""

from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any
from urllib.parse import quote

from integrations.core.wire import Request, Response, Wire, WireError

# What a path may hold as it is (RFC 3986 §3.3).
_PATH_SAFE = "/:@!$&'()*+,;=~"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def wsgi_app(wire: Wire) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """Return a WSGI application that passes every request to ``wire``."""

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = _answer(wire, _request(environ))
        headers = [(k, v) for k, v in response.headers.items() if k != "content-length"]
        length = str(len(response.body))
        if environ["REQUEST_METHOD"] == "HEAD":
            # It says how long the answer to a GET would be.
            length = response.headers.get("content-length", length)
        headers.append(("Content-Length", length))
        reason = responses.get(response.status, "Unknown")
        start_response(f"{response.status} {reason}", headers)
        return [response.body]

    return app


def _answer(wire: Wire, request: Request) -> Response:
    try:
        return wire(request)
    except WireError as lost:
        # A WSGI application cannot drop a connection; a gateway's answer comes closest.
        return Response(504, {"content-type": "text/plain"}, str(lost).encode())


def _request(environ: dict[str, Any]) -> Request:
    headers = {
        key[5:].replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    host = environ.get("HTTP_HOST", "localhost")
    # WSGI hands the path over unquoted, as latin-1 text of its bytes (PEP 3333).
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe=_PATH_SAFE)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    return Request(environ["REQUEST_METHOD"], f"http://{host}{path}{query}", headers, body)
