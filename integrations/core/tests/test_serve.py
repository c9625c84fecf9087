import io
from urllib.parse import quote, unquote, unquote_to_bytes
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.serve import wsgi_app
from integrations.core.wire import ReplyLostError, Request, Response, Wire


class Toy:
    def __init__(self, answer: Response | None = None) -> None:
        self.seen: list[Request] = []
        self.answer = answer or Response.of_json(201, {"ok": True}, {"X-Id": "7"})

    def __call__(self, request: Request) -> Response:
        self.seen.append(request)
        return self.answer


def call(
    wire: Wire, path: str = "/v1/x", query: str = "", body: bytes = b"", **environ: str
) -> tuple[str, dict[str, str], bytes]:
    """Ask as a server does that decodes the path and hands it over as latin-1 (PEP 3333)."""
    started: list[tuple[str, dict[str, str]]] = []
    answer = wsgi_app(wire)(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost:8000",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **environ,
        },
        lambda status, headers: started.append((status, dict(headers))),
    )
    return *started[0], b"".join(answer)


def test_a_request_arrives_whole() -> None:
    toy = Toy()
    call(
        toy,
        query="a=1&b=x%20y",
        body="ü".encode(),
        HTTP_IDEMPOTENCY_KEY="k",
        CONTENT_TYPE="text/plain",
    )
    seen = toy.seen[0]
    assert (seen.method, seen.url) == ("POST", "http://localhost:8000/v1/x?a=1&b=x%20y")
    assert seen.query == {"a": "1", "b": "x y"}
    assert seen.body == "ü".encode()
    assert seen.headers["idempotency-key"] == "k"
    assert seen.headers["content-type"] == "text/plain"


def test_a_response_goes_out_whole() -> None:
    status, headers, body = call(Toy())
    assert (status, body) == ("201 Created", b'{"ok": true}')
    assert headers == {
        "content-type": "application/json",
        "x-id": "7",
        "Content-Length": str(len(body)),
    }


def test_a_content_length_that_is_wrong_is_put_right() -> None:
    _, headers, _ = call(Toy(Response(200, {"content-length": "99"}, b"cut")))
    assert headers == {"Content-Length": "3"}


def test_a_status_without_a_name_is_served() -> None:
    assert call(Toy(Response(299)))[0] == "299 Unknown"


def test_a_lost_reply_is_a_gateways_timeout() -> None:
    def lose(request: Request) -> Response:
        raise ReplyLostError("no reply")

    status, _, body = call(lose)
    assert (status, body) == ("504 Gateway Timeout", b"no reply")


@pytest.mark.parametrize("path", ["/v1/%C3%BC", "/a%3Fb", "/a%23b", "/a%2525b", "/a%20b", "/%FF"])
def test_the_path_is_the_one_that_was_asked_for(path: str) -> None:
    toy = Toy()
    call(toy, path, query="q=1")
    assert (toy.seen[0].path, toy.seen[0].query) == (path, {"q": "1"})


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_in_a_path_arrives(text: str) -> None:
    toy = Toy()
    call(toy, "/" + quote(text, safe=""))
    assert unquote(toy.seen[0].path) == "/" + text


def test_it_keeps_to_the_rules_of_wsgi() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/v1/x",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = validator(wsgi_app(Toy()))(environ, lambda *_: lambda _: None)
    assert b"".join(answer) == b'{"ok": true}'
    answer.close()  # type: ignore[attr-defined]  # the validator's wrapper insists on it


@pytest.mark.parametrize(("method", "length"), [("HEAD", "5"), ("GET", "0")])
def test_only_a_head_may_tell_the_length_of_what_it_does_not_hold(method: str, length: str) -> None:
    toy = Toy(Response(200, {"Content-Length": "5"}))
    _, headers, body = call(toy, REQUEST_METHOD=method)
    assert (headers["Content-Length"], body) == (length, b"")
