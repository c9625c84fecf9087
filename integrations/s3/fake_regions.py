"""Tell a request that it came to, or was signed for, another region than its bucket's."""

from integrations.s3.fake_address import Address, Profile
from integrations.s3.fake_vendor import S3RefusedError

# https://developers.cloudflare.com/r2/api/s3/api/: us-east-1 and the empty name are aliases.
R2_REGIONS = ("auto", "us-east-1", "")


def check_region(
    address: Address, region: str, profile: Profile, *, signed_for: str | None, presigned: bool
) -> None:
    """Refuse what went to another region than the bucket's.

    Args:
        address: where the request went.
        region: the bucket's.
        profile: R2 has one region of several names.
        signed_for: the region in the credential; None for an unsigned request.
        presigned: whether the credential was in the query.

    Raises:
        S3RefusedError: 301, 307, or 400, with the right region in ``x-amz-bucket-region``.
    """
    if profile == "r2":
        if signed_for is not None and signed_for not in R2_REGIONS:
            raise _wrong_region(signed_for, "auto", presigned=presigned)
        return
    if address.bucket and address.is_global and region != "us-east-1":
        raise _redirect(
            "TemporaryRedirect",
            "Please re-send this request to the specified temporary endpoint. "
            "Continue to use the original request endpoint for future requests.",
            address,
            region,
        )
    if address.region and address.region != region:
        raise _redirect(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            address,
            region,
        )
    if signed_for is not None and signed_for != region:
        raise _wrong_region(signed_for, region, presigned=presigned)


def _redirect(code: str, message: str, address: Address, region: str) -> S3RefusedError:
    endpoint = f"{address.bucket}.s3.{region}.amazonaws.com"
    refused = S3RefusedError(code, message, Bucket=address.bucket, Endpoint=endpoint)
    refused.headers["x-amz-bucket-region"] = region
    if code == "TemporaryRedirect":
        refused.headers["location"] = f"https://{endpoint}/{address.key}"
    return refused


def _wrong_region(given: str, region: str, *, presigned: bool) -> S3RefusedError:
    code = "AuthorizationQueryParametersError" if presigned else "AuthorizationHeaderMalformed"
    what = (
        "Error parsing the X-Amz-Credential parameter"
        if presigned
        else "The authorization header is malformed"
    )
    text = f"{what}; the region '{given}' is wrong; expecting '{region}'"
    refused = S3RefusedError(code, text, Region=region)
    refused.headers["x-amz-bucket-region"] = region
    return refused
