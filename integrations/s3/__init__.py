"""S3 and compatibles: objects, presigned URLs and browser uploads."""

from collections.abc import Callable

from integrations.core.base_url import base_url_problem
from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration

_KEY_WHERE = (
    "AWS → IAM → Users → Security credentials, or the provider's API tokens. Leave both keys unset "
    "to use a role, a profile or SSO."
)
_OTHERS = ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_")


def _credential_problem(value: str) -> str | None:
    if value.startswith(_OTHERS):
        return "holds another service's key, or a webhook secret. " + _KEY_WHERE
    if not value.isascii() or not value.isprintable() or " " in value:
        return "is no S3 credential: one word of ASCII characters. " + _KEY_WHERE
    return None


def _kind_of_key(value: str) -> str:
    if value.startswith("AKIA"):
        return "long-lived AWS key (AWS does not mark test or live)"
    if value.startswith("ASIA"):
        return "temporary AWS key; it needs AWS_SESSION_TOKEN"
    return "key of an S3-compatible service"


def _region_problem(value: str) -> str | None:
    fine = value.isascii() and value.replace("-", "").isalnum() and value == value.lower()
    return None if fine else "is no region, such as eu-west-1 (R2: auto)"


def _endpoint_problem(value: str) -> str | None:
    path = value.rstrip("/").partition("://")[2].partition("/")[1]
    return base_url_problem(value) or (
        "must have no path: the bucket is S3_BUCKET" if path else None
    )


def _choice_problem(*known: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        return None if value.lower() in known else f"must be one of {', '.join(known)}"

    return check


def _bucket_problem(value: str) -> str | None:
    from integrations.s3.names import bucket_problem

    return bucket_problem(value)


def _buckets_problem(value: str) -> str | None:
    names = [part.strip() for part in value.split(",") if part.strip()]
    wrong = next((name for name in names if _bucket_problem(name)), None)
    return None if wrong is None else f"{wrong!r} {_bucket_problem(wrong)}"


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0 < float(value) <= 300 else "must be between 0 and 300 seconds"
    except ValueError:
        return "must be a number of seconds, such as 60"


INTEGRATION = Integration(
    name="s3",
    title="S3",
    summary="Objects, presigned URLs and browser uploads, on AWS and compatibles.",
    docs="https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html",
    extra="s3",
    credentials="Create a bucket and an IAM role or user that may use it, at https://aws.amazon.com/s3.",
    settings=(
        Setting(
            "S3_BUCKET",
            "The bucket that calls are about.",
            "AWS → S3 → Buckets.",
            required=REAL,
            mock="workbook-uploads",
            check=_bucket_problem,
        ),
        Setting(
            "AWS_DEFAULT_REGION",
            "The bucket's region; 'auto' for R2.",
            "AWS → S3 → the bucket → Properties → AWS Region.",
            required=REAL,
            mock="eu-west-1",
            check=_region_problem,
        ),
        Setting(
            "AWS_ACCESS_KEY_ID",
            "The static key's id. Unset, boto3 looks for a role, a profile or SSO.",
            _KEY_WHERE,
            # The example key of AWS's own documentation.
            mock="AKIAIOSFODNN7EXAMPLE",
            check=_credential_problem,
            kind=_kind_of_key,
        ),
        Setting(
            "AWS_SECRET_ACCESS_KEY",
            "The static key's secret.",
            _KEY_WHERE,
            mock="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            secret=True,
            check=_credential_problem,
        ),
        Setting(
            "AWS_SESSION_TOKEN",
            "Comes with temporary keys.",
            "From STS, together with both keys.",
            secret=True,
            check=_credential_problem,
        ),
        Setting(
            "S3_PROVIDER",
            "Whose S3 it is: aws, r2, minio, spaces or b2; sets checksums and addressing right.",
            default="aws",
            check=_choice_problem("aws", "r2", "minio", "spaces", "b2"),
        ),
        Setting(
            "AWS_ENDPOINT_URL_S3",
            "Where the API is, for anything but AWS.",
            "R2: https://<account id>.r2.cloudflarestorage.com. Leave it unset for AWS.",
            check=_endpoint_problem,
        ),
        Setting(
            "S3_ADDRESSING",
            "Where the bucket's name goes: virtual (in the host) or path; auto is the provider's.",
            default="auto",
            check=_choice_problem("auto", "virtual", "path"),
        ),
        Setting(
            "S3_PUBLIC_HOST",
            "Host that serves public objects, such as a CDN in front of the bucket.",
            "Leave it unset, unless a CDN or a custom domain is set up.",
        ),
        Setting(
            "S3_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            default="60",
            check=_seconds_problem,
        ),
        Setting(
            "S3_SANDBOX_BUCKETS",
            "Buckets that sandbox mode may touch, separated by commas; none when unset.",
            "Buckets made for trying things out; AWS keys carry no mark of test or live.",
            mock="workbook-uploads",
            check=_buckets_problem,
        ),
    ),
    features=(
        Feature("Upload and download", "S3Client.upload_file"),
        Feature("Many files", "upload_many", "many at once, each once"),
        Feature("Presigned URLs", "S3Client.presign_get"),
        Feature("Browser upload", "get_direct_upload_form_data", "let the browser do it"),
        Feature("Conditional writes", "S3Client.upload_bytes"),
        Feature("Bucket doctor", "S3Client.diagnose_bucket"),
        Feature("S3 URLs", "parse_s3_url"),
    ),
    client="integrations.s3.client:S3Client",
    fake="integrations.s3.fake:FakeS3",
    events="",
    errors="integrations.s3.transport:ERRORS",
    shortcuts="integrations.s3.shortcuts",
    about="integrations.s3.about:ABOUT",
    drills="integrations.s3.drills",
    fake_extra="fakes",
    probe="check_bucket",
    notebooks=("s3_objects", "s3_browser_uploads"),
    pages="integrations.s3.mock_page:pages",
    together="integrations.s3.settings:problems_together",
    endpoint="AWS_ENDPOINT_URL_S3",
)

__all__ = ["INTEGRATION"]
