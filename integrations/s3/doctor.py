"""The bucket doctor: each check asks one question and says what to do about the answer."""

from collections.abc import Callable
from typing import Any

from integrations.core.errors import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    UnavailableError,
)
from integrations.s3.calls import Answer, Calls
from integrations.s3.models import Diagnosis, Finding

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def diagnose(calls: Calls) -> Diagnosis:
    """Run every check.

    Raises:
        NotFoundError: there is no such bucket.
        AuthenticationError: the keys may not even list it.
    """
    listed = calls.read("list_objects_v2", MaxKeys=1)
    findings = [_region(calls, listed)]
    findings += [_asked(calls, name, operation, judge) for name, operation, judge in _CHECKS]
    return Diagnosis(calls.bucket, tuple(findings))


def _region(calls: Calls, listed: Answer) -> Finding:
    headers = listed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    actual, wanted = headers.get("x-amz-bucket-region", ""), calls.settings.region
    if actual and actual != wanted:
        return Finding("region", "problem", actual, f"Set AWS_DEFAULT_REGION={actual}.")
    return Finding("region", "ok", actual or wanted)


Judge = Callable[[Answer], Finding]


def _asked(calls: Calls, name: str, operation: str, judge: Judge) -> Finding:
    try:
        return judge(calls.read(operation))
    except AuthenticationError:
        return Finding(name, "unknown", "no right to see it", "Grant the right, or ask its owner.")
    except NotFoundError as error:
        if error.code == "NoSuchBucket":
            raise
        return judge({})
    except (InvalidRequestError, UnavailableError) as error:
        # Compatibles answer 400, 405 or 501 to what they do not have.
        return Finding(name, "unknown", f"the provider does not say ({error.code})")


def _public(answer: Answer) -> Finding:
    block = answer.get("PublicAccessBlockConfiguration", {})
    missing = [name for name in _BLOCKS if not block.get(name)]
    if not missing:
        return Finding("block public access", "ok", "all four blocks are on")
    found = "no block at all" if len(missing) == 4 else f"off: {', '.join(missing)}"
    advice = "Call block_public_access(), unless the bucket serves the public on purpose."
    return Finding("block public access", "problem", found, advice)


def _ownership(answer: Answer) -> Finding:
    rules = answer.get("OwnershipControls", {}).get("Rules", [])
    found = rules[0].get("ObjectOwnership", "") if rules else "not set (the uploader owns)"
    if found == "BucketOwnerEnforced":
        return Finding("object ownership", "ok", f"{found}: ACLs are off")
    advice = "Set BucketOwnerEnforced, so that no ACL can open an object."
    return Finding("object ownership", "warning", found, advice)


def _cors(answer: Answer) -> Finding:
    rules = answer.get("CORSRules", [])
    if not rules:
        return Finding("CORS", "warning", "no rules", "Call set_cors() if browsers upload or read.")
    open_to_all = any("*" in rule.get("AllowedOrigins", []) for rule in rules)
    advice = "Name your own origins instead of *." if open_to_all else ""
    return Finding("CORS", "warning" if open_to_all else "ok", f"{len(rules)} rule(s)", advice)


def _lifecycle(answer: Answer) -> Finding:
    days = [
        rule["AbortIncompleteMultipartUpload"].get("DaysAfterInitiation")
        for rule in answer.get("Rules", [])
        if rule.get("Status") == "Enabled" and "AbortIncompleteMultipartUpload" in rule
    ]
    if days:
        return Finding("incomplete multiparts", "ok", f"removed after {min(days)} day(s)")
    advice = "Call expire_multiparts(): parts of killed uploads cost money until they are removed."
    return Finding("incomplete multiparts", "warning", "kept for ever", advice)


def _versioning(answer: Answer) -> Finding:
    status = answer.get("Status", "off")
    if status == "Enabled":
        return Finding("versioning", "ok", "on: what is replaced or deleted can be restored")
    advice = "Turn it on where an overwritten object must be restorable; versions cost storage."
    return Finding("versioning", "warning", str(status).lower(), advice)


def _encryption(answer: Answer) -> Finding:
    config: dict[str, Any] = answer.get("ServerSideEncryptionConfiguration", {})
    rules = config.get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    # Since 2023-01 AWS encrypts everything with SSE-S3, set or not.
    return Finding("encryption", "ok", default.get("SSEAlgorithm", "the provider's default"))


_CHECKS: tuple[tuple[str, str, Judge], ...] = (
    ("block public access", "get_public_access_block", _public),
    ("object ownership", "get_bucket_ownership_controls", _ownership),
    ("CORS", "get_bucket_cors", _cors),
    ("incomplete multiparts", "get_bucket_lifecycle_configuration", _lifecycle),
    ("versioning", "get_bucket_versioning", _versioning),
    ("encryption", "get_bucket_encryption", _encryption),
)
