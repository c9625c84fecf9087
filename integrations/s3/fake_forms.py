"""Browser uploads: read the form, check its signature and policy, answer as S3 answers a browser.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html, read 2026-11.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from integrations.core.wire import Request, Response
from integrations.s3.fake_claims import (
    ALGORITHM,
    read_scope,
    refuse_old_signature,
    unix_time,
)
from integrations.s3.fake_policy import enforce, read_policy
from integrations.s3.fake_signatures import find_user, same, signature_of
from integrations.s3.fake_state import User
from integrations.s3.fake_vendor import S3RefusedError, refuse

MAX_FIELDS_BYTES = 20_000
_KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-type",
    "expires",
)


@dataclass(frozen=True)
class Form:
    """A form as the browser sent it; the names of its fields are in lower case."""

    fields: Mapping[str, str]
    filename: str
    content: bytes

    @property
    def key(self) -> str:
        """The object's key, with the user's file name put in where the form says so."""
        return self.fields["key"].replace("${filename}", self.filename)


def is_form(request: Request) -> bool:
    """Tell whether a request is a browser's form."""
    kind = request.headers.get("content-type", "").lower()
    return request.method == "POST" and kind.startswith("multipart/form-data")


def read_form(request: Request) -> Form:
    """Read a form up to its file: S3 ignores every field that comes after it.

    Raises:
        S3RefusedError: it is malformed, too large beside its file, or lacks the file or the key.
    """
    values: dict[str, str] = {}
    for part, content in _parts(request):
        name = (part.name or "").lower()
        if isinstance(part, File) or name == "file":
            return _checked(Form(values, _base_name(part), content))
        if name in values:
            _malformed(f"The form has two fields named {part.name}.")
        values[name] = _text(content)
        if sum(len(key) + len(text.encode()) for key, text in values.items()) > MAX_FIELDS_BYTES:
            refuse(
                "MaxPostPreDataLengthExceeded",
                "Your POST request fields preceding the upload file were too large.",
                MaxPostPreDataLengthBytes=str(MAX_FIELDS_BYTES),
            )
    raise S3RefusedError(
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
        ArgumentName="file",
        ArgumentValue="0",
    )


def _parts(request: Request) -> Iterator[tuple[Field | File, bytes]]:
    _, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get("boundary", "")
    if not boundary or not boundary.isascii():
        _malformed("The form has no boundary.")
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=None)
    part: Field | File | None = None
    content: list[bytes] = []
    try:
        decoder.receive_data(request.body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                part, content = event, []
            elif isinstance(event, Data):
                content.append(event.data)
                if part and not event.more_data:
                    yield part, b"".join(content)
    except (ValueError, HTTPException):
        _malformed("The body of your POST request is not well-formed multipart/form-data.")


def _base_name(part: Field | File) -> str:
    return str(getattr(part, "filename", "") or "").replace("\\", "/").rpartition("/")[2]


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        _malformed("A field of the form is not UTF-8.")


def _checked(form: Form) -> Form:
    if not form.fields.get("key"):
        refuse(
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
            "order of the fields.",
            ArgumentName="key",
        )
    return form


def check_form(form: Form, bucket: str, users: Mapping[str, User], now: float) -> User:
    """Check a form's signature and policy; return who signed it.

    Raises:
        S3RefusedError: unsigned, wrongly signed, expired, or not what the policy allows.
    """
    fields = form.fields
    if "awsaccesskeyid" in fields or "signature" in fields:
        refuse_old_signature()
    if "policy" not in fields:
        refuse("AccessDenied", "Access Denied")
    for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"):
        if not fields.get(name):
            refuse(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{name}'.",
                ArgumentName=name,
            )
    user = _check_signature(fields, users, now)
    judged = {**fields, "key": form.key, "bucket": bucket}
    enforce(read_policy(fields["policy"]), judged, len(form.content), now)
    return user


def _check_signature(fields: Mapping[str, str], users: Mapping[str, User], now: float) -> User:
    if fields["x-amz-algorithm"] != ALGORITHM:
        refuse("InvalidArgument", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    scope = read_scope(fields["x-amz-credential"], lambda text: refuse("InvalidArgument", text))
    date = fields["x-amz-date"]
    if unix_time(date) is None or date[:8] != scope.date:
        refuse("InvalidArgument", "X-Amz-Date must be that of the credential.")
    user = find_user(scope, fields.get("x-amz-security-token", ""), users, now)
    if not same(signature_of(fields["policy"], user, scope), fields["x-amz-signature"]):
        refuse(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=user.access_key,
            StringToSign=fields["policy"],
            SignatureProvided=fields["x-amz-signature"],
        )
    return user


def scope_region(form: Form) -> str:
    """Return the region that a form was signed for."""
    credential = form.fields["x-amz-credential"]
    return read_scope(credential, lambda text: refuse("InvalidArgument", text)).region


def stored_headers(form: Form) -> dict[str, str]:
    """Return the headers under which the object is kept: those that the fields name."""
    names = [name for name in form.fields if name in _KEPT or name.startswith("x-amz-meta-")]
    headers = {name: form.fields[name] for name in names}
    if tags := form.fields.get("tagging"):
        headers["x-amz-tagging"] = tags
    for name in ("x-amz-storage-class", "x-amz-server-side-encryption"):
        if name in form.fields:
            headers[name] = form.fields[name]
    return headers


def answer_form(form: Form, bucket: str, location: str, etag: str) -> Response:
    """Answer as the form asks: an empty 204, an empty 200, a document with 201, or a redirect."""
    target = form.fields.get("success_action_redirect") or form.fields.get("redirect", "")
    headers = {"location": location, "etag": etag}
    if urlsplit(target).scheme in ("http", "https"):
        joint = "&" if "?" in target else "?"
        told = urlencode({"bucket": bucket, "key": form.key, "etag": etag}, quote_via=quote)
        return Response(303, {**headers, "location": f"{target}{joint}{told}"})
    status = form.fields.get("success_action_status", "204")
    if status != "201":
        return Response(200 if status == "200" else 204, headers)
    elements = {"Location": location, "Bucket": bucket, "Key": form.key, "ETag": etag}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
    return Response(201, {**headers, "content-type": "application/xml"}, body.encode())


def _malformed(text: str) -> NoReturn:
    refuse("MalformedPOSTRequest", text)
