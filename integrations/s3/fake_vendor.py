"""How S3 says no: XML documents with its own codes, messages and extra elements."""

from typing import NoReturn
from xml.sax.saxutils import escape

from integrations.core.wire import Response

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, read 2026-11.
STATUS = {
    "AccessControlListNotSupported": 400,
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IllegalLocationConstraintException": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketAclWithObjectOwnership": 400,
    "InvalidBucketName": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPolicyDocument": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedPOSTRequest": 400,
    "MalformedXML": 400,
    "MaxPostPreDataLengthExceeded": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NotImplemented": 501,
    "PermanentRedirect": 301,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "TemporaryRedirect": 307,
    "UserKeyMustBeSpecified": 400,
    "XAmzContentSHA256Mismatch": 400,
}


class S3RefusedError(Exception):
    """S3 refuses a request: a code, a message, and the elements that explain it."""

    def __init__(self, code: str, message: str, **details: str) -> None:
        """Take what the error document will say."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = STATUS[code]
        self.message = message
        self.details = details
        self.headers: dict[str, str] = {}


def refuse(code: str, message: str, **details: str) -> NoReturn:
    """Refuse the request."""
    raise S3RefusedError(code, message, **details)


def error_response(refused: S3RefusedError, *, method: str, request_id: str) -> Response:
    """Write the error document; a HEAD has no body, so its reader sees only the status."""
    elements = {
        "Code": refused.code,
        "Message": refused.message,
        **refused.details,
        "RequestId": request_id,
        "HostId": f"host-{request_id}",
    }
    inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
    headers = {"content-type": "application/xml", **refused.headers}
    return Response(refused.status, headers, b"" if method == "HEAD" else body)


def _text(value: str) -> str:
    # XML has no way to write most control characters, and none for lone surrogates.
    allowed = "".join(char if char.isprintable() or char in "\n\t" else "?" for char in value)
    return escape(allowed.encode("utf-8", "replace").decode())
