"""Signed URLs and forms: rights for one request, for whoever holds them, until they expire."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError

from integrations.core.errors import InvalidRequestError
from integrations.s3 import arguments as check
from integrations.s3.calls import Calls
from integrations.s3.filetypes import guess_content_type
from integrations.s3.models import PresignedPost, PresignedRequest
from integrations.s3.transport import translated

HOUR = 3600


class Presigning:
    """The calls that sign, and send nothing."""

    _calls: Calls

    def presign_get(
        self,
        key: str,
        *,
        expires_in: int = HOUR,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> PresignedRequest:
        """Sign a download.

        Args:
            key: the key; whether there is such an object is not asked.
            expires_in: seconds, 1 to 604,800. Temporary keys end it sooner.
            filename: offer it to be saved under this name, instead of shown.
            content_type: answer with this type, whatever was stored.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
        """
        params: dict[str, Any] = {"Key": check.key(key)}
        if filename is not None:
            params["ResponseContentDisposition"] = attachment(filename)
        if content_type is not None:
            params["ResponseContentType"] = check.content_type(content_type)
        return self._signed("get_object", "GET", params, expires_in)

    def presign_head(self, key: str, *, expires_in: int = HOUR) -> PresignedRequest:
        """Sign a question for an object's size and type."""
        return self._signed("head_object", "HEAD", {"Key": check.key(key)}, expires_in)

    def presign_put(
        self,
        key: str,
        *,
        content_type: str | None = None,
        content_length: int | None = None,
        if_none_match: bool = False,
        expires_in: int = HOUR,
    ) -> PresignedRequest:
        """Sign an upload of one body. The sender has to send the ``headers`` as they are.

        A PUT can fix the exact size, not a range of sizes: use :meth:`presign_post` for that.

        Args:
            key: the key.
            content_type: signed; guessed from the key when None.
            content_length: signed: exactly so many bytes.
            if_none_match: signed: only when there is no such object, so the URL works once.
            expires_in: seconds, 1 to 604,800.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
        """
        name = check.key(key)
        kind = guess_content_type(name) if content_type is None else content_type
        params: dict[str, Any] = {"Key": name, "ContentType": check.content_type(kind)}
        headers = {"Content-Type": kind}
        if content_length is not None:
            size = check.whole("content_length", content_length, 0, 5 * 1024**3)
            params["ContentLength"] = size
            headers["Content-Length"] = str(size)
        if if_none_match:
            params["IfNoneMatch"] = "*"
            headers["If-None-Match"] = "*"
        return self._signed("put_object", "PUT", params, expires_in, headers)

    def presign_post(
        self,
        key: str,
        *,
        content_type: str | None = None,
        content_type_prefix: str | None = None,
        min_bytes: int = 1,
        max_bytes: int,
        fields: Mapping[str, str] | None = None,
        expires_in: int = HOUR,
    ) -> PresignedPost:
        """Sign a form with which a browser uploads one file, of a size and type within limits.

        Every field is a condition of the policy, since S3 refuses a field that is none.

        Args:
            key: the whole key. ``${filename}`` is refused: the sender would choose the name.
            content_type: exactly this type; guessed from the key when None.
            content_type_prefix: instead, a beginning such as ``image/``, with the field
                ``Content-Type`` left to the page.
            min_bytes: the smallest file.
            max_bytes: the largest file.
            fields: further fields, such as ``x-amz-meta-owner`` or ``success_action_status``.
            expires_in: seconds, 1 to 604,800.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html

        Raises:
            InvalidRequestError: an argument is refused, or the provider has no POST forms.
        """
        self._need_forms()
        name, seconds = check.key(key), check.expiry(expires_in)
        if "${filename}" in name:
            check.refuse("key", "holds ${filename}: whoever uploads would choose the name")
        wanted, conditions = _form(name, content_type, content_type_prefix, fields)
        check.whole("max_bytes", max_bytes, 0, 5 * 1024**3)
        conditions.append(["content-length-range", _least(min_bytes, max_bytes), max_bytes])
        connection = self._calls.connection
        with connection.signing.form_lasting(seconds):
            signed = self._sign(
                lambda: connection.boto3.generate_presigned_post(
                    self._calls.bucket, name, wanted, conditions, seconds
                )
            )
        return PresignedPost(signed["url"], signed["fields"], int(self._now()) + seconds)

    def _need_forms(self) -> None:
        preset = self._calls.settings.preset
        if not preset.post_forms:
            raise InvalidRequestError(
                f"provider {preset.name} takes no POST forms. Nothing was signed.",
                provider="s3",
                hint="Use presign_put, with content_length= for the exact size.",
            )

    def _signed(
        self,
        operation: str,
        method: str,
        params: dict[str, Any],
        expires_in: int,
        headers: dict[str, str] | None = None,
    ) -> PresignedRequest:
        seconds = check.expiry(expires_in)
        given = {"Bucket": self._calls.bucket, **params}
        boto3 = self._calls.connection.boto3
        url = self._sign(lambda: boto3.generate_presigned_url(operation, given, seconds))
        return PresignedRequest(method, url, headers or {}, int(self._now()) + seconds)

    def _sign(self, step: Any) -> Any:
        try:
            return step()
        except BotoCoreError as error:
            raise translated(error, change=False, clock=self._calls.clock) from error

    def _now(self) -> float:
        return self._calls.clock.time()


def attachment(filename: str) -> str:
    """Return a Content-Disposition that offers a file to be saved, in any script (RFC 6266)."""
    name = check.text("filename", filename)
    if not name.strip() or any(ord(char) < 32 or char in "/\\" for char in name):
        check.refuse("filename", f"{name!r} is empty, or holds a slash or a control character")
    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _least(min_bytes: int, max_bytes: int) -> int:
    return check.whole("min_bytes", min_bytes, 0, max_bytes)


def _form(
    key: str, exact: str | None, prefix: str | None, fields: Mapping[str, str] | None
) -> tuple[dict[str, str], list[Any]]:
    if exact is not None and prefix is not None:
        check.refuse("content_type", "give the exact type or a prefix, not both")
    wanted: dict[str, str] = {}
    conditions: list[Any] = []
    if prefix is None:
        wanted["Content-Type"] = check.content_type(exact or guess_content_type(key))
    elif prefix.endswith("/") and prefix.count("/") == 1:
        conditions.append(["starts-with", "$Content-Type", prefix])
    else:
        check.refuse("content_type_prefix", f"{prefix!r} is no beginning such as image/")
    for name, value in (fields or {}).items():
        wanted[_field_name(name)] = check.header(f"fields[{name!r}]", value)
    conditions += [{name: value} for name, value in wanted.items()]
    return wanted, conditions


# What signing adds by itself, and what would make the object public.
_OWN = ("key", "bucket", "policy", "file", "acl", "content-type")
_KNOWN: Sequence[str] = (
    "success_action_status",
    "success_action_redirect",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "tagging",
)


def _field_name(name: str) -> str:
    lowered = check.text("fields", name).lower()
    if lowered in _OWN:
        check.refuse("fields", f"{name!r} is set by its own argument, or never (acl)")
    if lowered not in _KNOWN and not lowered.startswith(("x-amz-meta-", "x-amz-server-side-")):
        check.refuse("fields", f"{name!r} is no field of a form that S3 knows")
    return name
