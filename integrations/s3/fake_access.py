"""Who may do what: principals, bucket owners, ACLs, public access.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html, read 2026-11.
"""

import fnmatch
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from integrations.core.wire import Request
from integrations.s3.fake_address import Address
from integrations.s3.fake_state import User
from integrations.s3.fake_vendor import refuse

_ACL_HEADERS = ("x-amz-acl", "x-amz-grant-")
# The one ACL that a bucket without ACLs takes, since it gives nothing away.
_HARMLESS = "bucket-owner-full-control"
_PUBLIC = ("public-read", "public-read-write", "authenticated-read")
_CANNED = (*_PUBLIC, _HARMLESS, "private", "bucket-owner-read", "aws-exec-read")
_OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject"}


def action_of(request: Request, address: Address) -> str:
    """Name the permission that a request needs, such as ``s3:GetObject``."""
    query = {name for name, _ in address.query}
    if not address.key:
        return _bucket_action(request.method, query)
    writes = request.method not in ("GET", "HEAD")
    if "tagging" in query:
        return {"DELETE": "s3:DeleteObjectTagging", "PUT": "s3:PutObjectTagging"}.get(
            request.method, "s3:GetObjectTagging"
        )
    if "acl" in query:
        return "s3:PutObjectAcl" if writes else "s3:GetObjectAcl"
    if "uploadId" in query and request.method in ("GET", "DELETE"):
        return "s3:ListMultipartUploadParts" if not writes else "s3:AbortMultipartUpload"
    return f"s3:{_OBJECT.get(request.method, 'DeleteObject')}"


def _bucket_action(method: str, query: set[str]) -> str:
    if method == "POST":
        return "s3:DeleteObject" if "delete" in query else "s3:PutObject"
    settings = ("policy", "acl", "cors", "lifecycle", "versioning", "tagging", "publicAccessBlock")
    named = next((name for name in (*settings, "ownershipControls") if name in query), None)
    if named:
        verb = "Get" if method in ("GET", "HEAD") else "Put"
        return f"s3:{verb}Bucket{named[0].upper()}{named[1:]}"
    if method in ("GET", "HEAD"):
        return "s3:ListBucketMultipartUploads" if "uploads" in query else "s3:ListBucket"
    return "s3:CreateBucket" if method == "PUT" else "s3:DeleteBucket"


def denied() -> NoReturn:
    """Refuse, and tell nothing."""
    refuse("AccessDenied", "Access Denied")


def check_user(user: User, action: str, key: str) -> None:
    """Refuse what a user's permissions do not cover."""
    if action in ("s3:ListBucket", "s3:ListBucketMultipartUploads"):
        allowed = user.can_list
    else:
        allowed = user.actions is None or action in user.actions
    if not allowed or (key and not key.startswith(user.prefix)):
        denied()


def check_anonymous(bucket: Any, action: str, key: str, found: Any) -> None:
    """Refuse a request without a signature, unless the bucket or the object is public."""
    if not _allowed_by_policy(bucket, action, key) and not _allowed_by_acl(bucket, action, found):
        denied()


def _block(bucket: Any, setting: str) -> bool:
    block = bucket.public_access_block
    return bool(block) and str(getattr(block, setting, "")).lower() == "true"


def _allowed_by_policy(bucket: Any, action: str, key: str) -> bool:
    if _block(bucket, "restrict_public_buckets") or bucket.policy is None:
        return False
    arn = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
    effects = {
        statement.get("Effect")
        for statement in _public_statements(bucket.policy)
        if _matches(statement.get("Action"), action) and _matches(statement.get("Resource"), arn)
    }
    return "Allow" in effects and "Deny" not in effects


def _allowed_by_acl(bucket: Any, action: str, found: Any) -> bool:
    if acls_disabled(bucket) or _block(bucket, "ignore_public_acls"):
        return False
    return action == "s3:GetObject" and bool(found and found.acl and found.acl.public_read)


def _public_statements(policy: bytes) -> list[dict[str, Any]]:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return []
    listed = statements if isinstance(statements, list) else [statements]
    return [
        each
        for each in listed
        # A condition may narrow it down; what it means is not for a fake to guess: fail closed.
        if each.get("Principal") in ("*", {"AWS": "*"}) and not each.get("Condition")
    ]


def _matches(patterns: object, value: str) -> bool:
    listed = patterns if isinstance(patterns, list) else [patterns]
    return any(fnmatch.fnmatchcase(value, str(pattern)) for pattern in listed)


def acls_disabled(bucket: Any) -> bool:
    """Tell whether a bucket's ownership setting is BucketOwnerEnforced."""
    return bool(bucket.ownership_rule == "BucketOwnerEnforced")


def check_acls(bucket: Any, headers: Mapping[str, str], *, is_acl_call: bool) -> None:
    """Refuse ACLs where they are disabled, and public ones where public access is blocked."""
    given = {n: v for n, v in headers.items() if n.startswith(_ACL_HEADERS)}
    if not given and not is_acl_call:
        return
    if acls_disabled(bucket) and set(given.values()) != {_HARMLESS}:
        refuse("AccessControlListNotSupported", "The bucket does not allow ACLs")
    if headers.get("x-amz-acl", _HARMLESS) not in _CANNED:
        refuse("InvalidArgument", "Unknown canned ACL.", ArgumentName="x-amz-acl")
    public = headers.get("x-amz-acl") in _PUBLIC or any("AllUsers" in v for v in given.values())
    if public and _block(bucket, "block_public_acls"):
        denied()


def check_policy_change(bucket: Any, body: bytes) -> None:
    """Refuse a bucket policy that makes things public where that is blocked."""
    if _block(bucket, "block_public_policy") and any(
        each.get("Effect") == "Allow" for each in _public_statements(body)
    ):
        denied()
