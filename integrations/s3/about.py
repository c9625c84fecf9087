"""What a newcomer has to know of S3 (boto3 1.44 and the providers' documentation, 2026-11)."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Make a bucket for trying things out, and name it in `S3_SANDBOX_BUCKETS`; "
        "sandbox mode touches no other. AWS keys carry no mark of test or live."
    ),
    begin_with=(
        "S3_BUCKET",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "S3_SANDBOX_BUCKETS",
    ),
    first_call="""\
print(client.check_bucket())
client.upload_bytes("hello.txt", b"Hello.")
print(client.download_bytes("hello.txt"))
""",
    webhooks=(),
    going_live=(
        "The machine has a role; no key lies in a file.",
        (
            "Block Public Access is on, and ACLs are off: "
            "{py:meth}`~integrations.s3.buckets.Buckets.diagnose_bucket` says so."
        ),
        "CORS names your own origins, for browser uploads.",
        "A lifecycle rule ends multipart uploads that nobody finished.",
        "User files are served from a host without cookies.",
        "`S3_MODE=live` is set on this machine, and on no other.",
    ),
    rotation=(
        "Best: a role, whose keys rotate by themselves. Else make the second access "
        "key, deploy it, deactivate the first, wait a day, delete it."
    ),
    signature="None: this integration receives no webhooks.",
    repeats=(
        "By nature: the same object is written again. `if_none_match=True` creates "
        "once, and is not repeated after a lost reply."
    ),
    pace="By prefix of keys; 503 SlowDown says when it is too much.",
    test_data=(
        "There is no test data. On your machine: the fake, or a server such as MinIO at "
        "`AWS_ENDPOINT_URL_S3`."
    ),
    cost=(
        "Storage, requests and traffic; parts of uploads that nobody finished as well. "
        "Prices were not read (2026-11): see the provider's list. A month: `GB kept * price + "
        "thousands of requests * price + GB sent out * price`. An upload is one request up to "
        "8 MB, else one for each part of 8 MB and two more; a browser's upload is one by the "
        "browser and some by your server."
    ),
    fake_has=(
        "Objects, multipart uploads, and what moto leaves out: signatures, expiry, "
        "policies, digests, public access."
    ),
    fake_lacks="Your bucket's policy and CORS, the network, and what it costs.",
)
