"""Check who signed a request, as S3 does. The arithmetic is botocore's, never a copy of it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html, read 2026-11.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from integrations.core.wire import Request
from integrations.s3.fake_address import Address
from integrations.s3.fake_claims import Claim, Scope, read_claim, unix_time
from integrations.s3.fake_state import User
from integrations.s3.fake_vendor import refuse

SKEW_S = 15 * 60


class Signer(S3SigV4Auth):
    """botocore's signer, told what to sign instead of choosing it."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        """Return every header: the request has been built from the signed ones."""
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers

    def payload(self, request: AWSRequest) -> str:
        """Return the payload's hash as claimed; it is checked against the body elsewhere."""
        return str(request.context["payload"])


def signer(user: User, scope: Scope) -> Signer:
    """Return botocore's signer with a user's key and a scope."""
    credentials = Credentials(user.access_key, user.secret_key)
    return Signer(credentials, scope.service, scope.region)


def signature_of(text: str, user: User, scope: Scope) -> str:
    """Return the signature of any string to sign: a policy, or a chunk of a stream."""
    request = AWSRequest()
    request.context["timestamp"] = f"{scope.date}T000000Z"
    return str(signer(user, scope).signature(text, request))


def same(expected: str, given: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def authenticate(
    request: Request, address: Address, users: Mapping[str, User], now: float
) -> tuple[User, Claim] | None:
    """Return who signed the request, with the signature's claim; None for an unsigned one.

    Raises:
        S3RefusedError: the signature is malformed, foreign, old, early, or does not match.
    """
    claim = read_claim(request, address)
    if claim is None:
        return None
    token = request.headers.get("x-amz-security-token") or ""
    user = find_user(claim.scope, address.parameter("X-Amz-Security-Token") or token, users, now)
    _check_time(claim, address, now)
    _check_signed_headers(request, claim)
    _check_signature(request, address, user, claim)
    return user, claim


def find_user(scope: Scope, token: str, users: Mapping[str, User], now: float) -> User:
    """Return the owner of an access key, with its session token checked."""
    user = users.get(scope.access_key)
    if user is None or (user.session_token and not token):
        refuse(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId=scope.access_key,
        )
    if not same(user.session_token, token):
        refuse("InvalidToken", "The provided token is malformed or otherwise invalid.")
    if user.expires_at is not None and now >= user.expires_at:
        refuse("ExpiredToken", "The provided token has expired.")
    return user


def _iso(unix: float) -> str:
    return datetime.fromtimestamp(unix, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_time(claim: Claim, address: Address, now: float) -> None:
    at = unix_time(claim.timestamp) or 0.0
    if claim.timestamp[:8] != claim.scope.date:
        code = "AuthorizationQueryParametersError" if claim.presigned else "SignatureDoesNotMatch"
        refuse(code, f"Invalid credential date {claim.scope.date}: it is not that of X-Amz-Date.")
    if claim.presigned:
        _check_expiry(at, int(address.parameter("X-Amz-Expires") or 0), now)
    elif abs(now - at) > SKEW_S:
        refuse(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=claim.timestamp,
            ServerTime=_iso(now),
            MaxAllowedSkewMilliseconds=str(SKEW_S * 1000),
        )


def _check_expiry(at: float, expires: int, now: float) -> None:
    if at > now + SKEW_S:
        refuse("AccessDenied", "Request is not yet valid", ServerTime=_iso(now))
    if now >= at + expires:
        told = {"X-Amz-Expires": str(expires), "Expires": _iso(at + expires)}
        refuse("AccessDenied", "Request has expired", **told, ServerTime=_iso(now))


def _check_signed_headers(request: Request, claim: Claim) -> None:
    loose = [
        name
        for name in request.headers
        if name.startswith("x-amz-")
        and name not in claim.signed
        # The payload's hash is in the canonical request anyway.
        and name != "x-amz-content-sha256"
    ]
    if "host" not in claim.signed:
        loose.append("host")
    if loose:
        refuse(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(loose),
        )


def _check_signature(request: Request, address: Address, user: User, claim: Claim) -> None:
    made = _rebuild(request, address, claim)
    auth = signer(user, claim.scope)
    canonical = auth.canonical_request(made)
    text = auth.string_to_sign(made, canonical)
    if not same(auth.signature(text, made), claim.signature):
        refuse(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=user.access_key,
            StringToSign=text,
            SignatureProvided=claim.signature,
            CanonicalRequest=canonical,
        )


def _rebuild(request: Request, address: Address, claim: Claim) -> AWSRequest:
    """Return the request as botocore signs it: canonical URL, signed headers only."""
    scheme, _, rest = request.url.partition("://")
    netloc = request.headers.get("host") or rest.partition("/")[0].partition("?")[0]
    pairs = [pair for pair in address.query if pair[0] != "X-Amz-Signature"]
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(v, safe='-_.~')}" for name, v in pairs)
    made = AWSRequest(method=request.method, url=f"{scheme}://{netloc}{address.path}?{query}")
    for name in claim.signed:
        if name == "host":
            made.headers[name] = _plain_host(scheme, netloc)
        elif name in request.headers:
            made.headers[name] = request.headers[name]
    made.context.update(timestamp=claim.timestamp, payload=claim.payload)
    return made


def _plain_host(scheme: str, netloc: str) -> str:
    default = {"http": ":80", "https": ":443"}.get(scheme, "")
    return netloc.removesuffix(default) if default else netloc
