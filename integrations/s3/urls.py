"""Where an object is, as a URL: read every style of host, and build each again."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from integrations.core.log import redact_url
from integrations.core.views import Displayed
from integrations.s3.names import bucket_problem, key_problem


class S3UrlError(ValueError):
    """A text is no URL of an object or a bucket."""


@dataclass(frozen=True)
class S3Url(Displayed):
    """What a URL says.

    Attributes:
        bucket: the bucket.
        key: the key, unquoted; empty for the bucket itself.
        region: empty where the host does not name it.
        style: ``virtual``, ``path`` or ``uri`` (``s3://``).
        endpoint: scheme and host without the bucket; empty for ``s3://``.
        version_id: from the query; empty for the newest version.
    """

    bucket: str
    key: str = ""
    region: str = ""
    style: str = "uri"
    endpoint: str = ""
    version_id: str = ""

    @property
    def uri(self) -> str:
        """The object as ``s3://bucket/key``; keys are not quoted there."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def url(self) -> str:
        """The object as the URL it was read from, or, of a URI, on AWS's global host."""
        endpoint = self.endpoint or "https://s3.amazonaws.com"
        style = "virtual" if self.style == "uri" else self.style
        version = f"?versionId={quote(self.version_id, safe='')}" if self.version_id else ""
        return object_url(self.bucket, self.key, endpoint_url=endpoint, style=style) + version


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html and
# .../WebsiteEndpoints.html; R2, Spaces and B2 from their own pages, all read 2026-11.
_HOSTS = tuple(
    re.compile(rf"(?:(?P<bucket>.+)\.)?(?P<service>{service})")
    for service in (
        r"s3(?:-fips|-accelerate)?(?:\.dualstack)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?",
        r"s3\.(?P<region>eusc(?:-[a-z]+)+-\d)\.amazonaws\.eu",
        r"s3-(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?",
        r"s3-website[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?",
        r"s3(?:-accelerate(?:\.dualstack)?|-external-1)?(?P<region>)\.amazonaws\.com",
        r"[0-9a-f]{32}(?:\.(?:eu|fedramp))?(?P<region>)\.r2\.cloudflarestorage\.com",
        r"(?P<region>[a-z]{3}\d)(?:\.cdn)?\.digitaloceanspaces\.com",
        r"s3\.(?P<region>[a-z]{2}-[a-z]+-\d{3})\.backblazeb2\.com",
    )
)

# China, and the European Sovereign Cloud; as boto3 1.44 has them.
_SUFFIXES = {"cn": "com.cn", "eusc": "eu"}


def parse_s3_url(url: str, *, endpoint_url: str = "") -> S3Url:
    """Return bucket, key and region of a URL of AWS, R2, Spaces, B2, or of an endpoint given.

    ``s3://bucket/key`` is read as the AWS tools do: what follows the bucket is the key as it is.

    Args:
        url: a URI, or an http(s) URL; a presigned one as well.
        endpoint_url: where another service is, such as ``http://127.0.0.1:9000``.

    Raises:
        S3UrlError: it is none, or names a bucket or key that S3 or this package refuses.
    """
    if not isinstance(url, str):
        raise S3UrlError(f"url: must be a string, not {type(url).__name__}")
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "s3":
        bucket, _, key = rest.partition("/")
        return _checked(S3Url(bucket, key), url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise S3UrlError(f"url: {redact_url(url)!r} cannot be read as a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise S3UrlError(f"url: {redact_url(url)!r} is neither s3:// nor http(s)://")
    # urlsplit drops tabs and newlines, and would so read another key than is written.
    if re.search(r"[\x00-\x20\x7f]", url):
        raise S3UrlError("url: holds a space or a control character; quote the key")
    netloc = f"{host}:{port}" if port else host
    bucket, region, service = _place(netloc, endpoint_url)
    version = parse_qs(parts.query).get("versionId", [""])[0]
    path = _unquoted(parts.path.removeprefix("/"), url)
    endpoint = f"{parts.scheme}://{service}"
    if bucket:
        found = S3Url(bucket, path, region, "virtual", endpoint, version)
    else:
        # The bucket ends at the first slash as written: a quoted one belongs to the key.
        bucket, _, key = parts.path.removeprefix("/").partition("/")
        found = S3Url(bucket, _unquoted(key, url), region, "path", endpoint, version)
    return _checked(found, url)


def _place(netloc: str, endpoint_url: str) -> tuple[str, str, str]:
    """Return the bucket in a host, its region, and the host without the bucket."""
    if endpoint_url:
        own = urlsplit(endpoint_url).netloc.lower()
        if netloc == own or netloc.endswith(f".{own}"):
            return netloc.removesuffix(own).rstrip("."), "", own
    for pattern in _HOSTS:
        if found := pattern.fullmatch(netloc):
            return found["bucket"] or "", found["region"] or "", found["service"]
    raise S3UrlError(
        f"url: {netloc!r} is no host of AWS, R2, Spaces or B2. "
        "Give endpoint_url= for another service."
    )


def _unquoted(path: str, url: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise S3UrlError(f"url: the key in {redact_url(url)!r} is no UTF-8") from None


def _checked(found: S3Url, url: str) -> S3Url:
    if wrong := bucket_problem(found.bucket):
        raise S3UrlError(f"url: the bucket {found.bucket!r} of {redact_url(url)!r} {wrong}")
    if found.key and (wrong := key_problem(found.key)):
        raise S3UrlError(f"url: the key of {redact_url(url)!r} {wrong}")
    return found


def object_url(
    bucket: str, key: str = "", *, region: str = "", endpoint_url: str = "", style: str = "virtual"
) -> str:
    """Return an object's unsigned URL; whether it can be read there is another question.

    Args:
        bucket: the bucket; one with a dot is always put into the path, since no certificate
            covers its host.
        key: the key, not quoted.
        region: of AWS; empty for the global host.
        endpoint_url: of another service, instead of ``region``.
        style: ``virtual`` or ``path``.
    """
    if wrong := bucket_problem(bucket):
        raise S3UrlError(f"bucket: {bucket!r} {wrong}")
    if key and (wrong := key_problem(key)):
        raise S3UrlError(f"key: {wrong}")
    suffix = _SUFFIXES.get(region.partition("-")[0], "com")
    aws = f"https://s3.{region}.amazonaws.{suffix}" if region else "https://s3.amazonaws.com"
    scheme, _, host = (endpoint_url.rstrip("/") or aws).partition("://")
    # What browsers and signatures agree on: all but unreserved characters and / is quoted.
    path = quote(key, safe="/~")
    if style == "path" or "." in bucket:
        return f"{scheme}://{host}/{bucket}/{path}"
    return f"{scheme}://{bucket}.{host}/{path}"
