"""The bucket itself: is it there, is it private, may browsers use it, what is left in it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from integrations.core.errors import NotFoundError
from integrations.s3 import arguments as check
from integrations.s3.calls import Calls
from integrations.s3.doctor import diagnose
from integrations.s3.models import BucketInfo, CorsRule, Diagnosis

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_RULE_ID = "abort-incomplete-multipart-uploads"


class Buckets:
    """The calls about the bucket of the settings."""

    _calls: Calls

    def check_bucket(self) -> BucketInfo:
        """Ask whether the bucket is there and the keys may use it.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html

        Raises:
            NotFoundError: there is none of this name.
            AuthenticationError: it is somebody else's, or the keys lack ``s3:ListBucket``.
        """
        # A HEAD has no body, so botocore would not see that a reply is cut; a listing of one has.
        answer = self._calls.read("list_objects_v2", MaxKeys=1)
        about = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = about.get("x-amz-bucket-region", self._calls.settings.region)
        return BucketInfo(self._calls.bucket, region, not answer.get("KeyCount"), answer)

    def get_cors(self) -> tuple[CorsRule, ...]:
        """Return the rules for browsers; none when there are none.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html
        """
        try:
            answer = self._calls.read("get_bucket_cors")
        except NotFoundError as error:
            if error.code == "NoSuchBucket":
                raise
            return ()
        return tuple(_rule(raw) for raw in answer.get("CORSRules", []))

    def set_cors(
        self,
        origins: Sequence[str],
        *,
        methods: Sequence[str] = ("GET", "HEAD", "PUT", "POST"),
        headers: Sequence[str] = ("content-type",),
        max_age_s: int = 3600,
    ) -> CorsRule:
        """Let pages of these origins use signed URLs and forms; replaces the rules that are there.

        Args:
            origins: such as ``https://app.example.com``; ``*`` is refused.
            methods: what pages may do.
            headers: what pages may send: every header that is signed has to be named.
            max_age_s: how long browsers remember the answer.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
        """
        if isinstance(origins, str) or not origins:
            check.refuse(
                "origins", "must be a list of origins, such as ['https://app.example.com']"
            )
        for origin in origins:
            _check_origin(origin)
        if not methods or not set(methods) <= set(_METHODS):
            check.refuse("methods", f"must be among {', '.join(_METHODS)}")
        rule: dict[str, Any] = {
            "AllowedOrigins": [*origins],
            "AllowedMethods": [*methods],
            "AllowedHeaders": [check.header("headers", each) for each in headers],
            # A page needs the ETag of a part, and may read no header that is not named.
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": check.whole("max_age_s", max_age_s, 0, 86_400),
        }
        self._calls.change("put_bucket_cors", CORSConfiguration={"CORSRules": [rule]})
        return _rule(rule)

    def block_public_access(self) -> None:
        """Refuse every public ACL and policy, now and later. New buckets of AWS begin so.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        """
        names = (
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        )
        wanted = dict.fromkeys(names, True)
        self._calls.change("put_public_access_block", PublicAccessBlockConfiguration=wanted)

    def expire_multiparts(self, *, days: int = 7) -> None:
        """Let S3 itself remove the parts of uploads that nobody completes; other rules are kept.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
        """
        rule = {
            "ID": _RULE_ID,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {
                "DaysAfterInitiation": check.whole("days", days, 1, 365)
            },
        }
        kept = [] if self._calls.dry else self._lifecycle()
        rules = [each for each in kept if each.get("ID") != _RULE_ID]
        wanted = {"Rules": [*rules, rule]}
        self._calls.change("put_bucket_lifecycle_configuration", LifecycleConfiguration=wanted)

    def _lifecycle(self) -> list[dict[str, Any]]:
        try:
            answer = self._calls.read("get_bucket_lifecycle_configuration")
        except NotFoundError as error:
            if error.code == "NoSuchBucket":
                raise
            return []
        rules: list[dict[str, Any]] = answer.get("Rules", [])
        return rules

    def diagnose_bucket(self) -> Diagnosis:
        """Look at everything that usually goes wrong with a bucket, and say what to do.

        What the keys may not see is reported as unknown.
        """
        return diagnose(self._calls)


def _check_origin(origin: str) -> None:
    parts = urlsplit(check.header("origins", origin))
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        check.refuse("origins", f"{origin!r} is not https:// (http only for localhost)")
    if not parts.hostname or parts.path or parts.query or "*" in origin:
        check.refuse("origins", f"{origin!r} is not exactly one origin: no *, no path, no slash")


def _rule(raw: dict[str, Any]) -> CorsRule:
    return CorsRule(
        origins=tuple(raw.get("AllowedOrigins", ())),
        methods=tuple(raw.get("AllowedMethods", ())),
        headers=tuple(raw.get("AllowedHeaders", ())),
        expose=tuple(raw.get("ExposeHeaders", ())),
        max_age_s=raw.get("MaxAgeSeconds"),
        raw=raw,
    )
