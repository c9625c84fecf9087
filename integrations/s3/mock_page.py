"""The page "what the mock proves": every case run on bare moto and on the fake."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber
from moto.s3.models import s3_backends

from integrations.core.clock import ManualClock
from integrations.core.wire import Request, Response
from integrations.s3.fake import MOCK_BUCKET, FakeS3
from integrations.s3.fake_cases import CASES, KEY, Case
from integrations.s3.fake_lab import Lab
from integrations.s3.fake_state import ACCOUNT

_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_BUCKETS = (MOCK_BUCKET, "their-bucket")
PATH = "book/s3-mock.md"


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    case: Case
    moto: str
    fake: str

    @property
    def moto_agrees(self) -> bool:
        """Whether moto answers with S3's status."""
        return self.moto.partition(" ")[0] == self.case.expected.partition(" ")[0]


def pages() -> dict[str, str]:
    """Return the page's text by its path in a checkout."""
    return {PATH: page(outcomes())}


def outcomes() -> list[Outcome]:
    """Run every case on both."""
    return [Outcome(case, _on_moto(case), _on_fake(case)) for case in CASES]


def _on_fake(case: Case) -> str:
    clock = ManualClock()
    fake = FakeS3(clock=clock, profile=case.profile)
    fake.put_object(KEY, b"12345", content_type="image/png")
    fake.put_object(KEY.replace("1", "2"), b"12345", content_type="image/png")
    if case.prepare:
        case.prepare(fake)
    return _told(fake(case.build(Lab(clock))))


def _on_moto(case: Case) -> str:
    """Run a case as ``mock_aws`` answers it: its dispatcher is asked, nothing is patched."""
    backend = s3_backends[ACCOUNT]["aws"]
    try:
        for name in _BUCKETS:
            backend.create_bucket(name, "eu-west-1")
        for key in (KEY, KEY.replace("1", "2")):
            backend.put_object(MOCK_BUCKET, key, b"12345")
        return _told(_bare(case.build(Lab(ManualClock()))))
    finally:
        for name in _BUCKETS:
            bucket = backend.buckets.pop(name, None)
            s3_backends.bucket_accounts.pop(name, None)
            for kept in bucket.keys.values() if bucket else ():
                kept.dispose()


def _bare(request: Request) -> Response:
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    # A custom endpoint has no place in moto's table; it knows the names of AWS.
    url = re.sub(r"//[0-9a-f]{32}\.r2\.cloudflarestorage\.com", "//s3.amazonaws.com", request.url)
    made = AWSPreparedRequest(
        method=request.method, url=url, headers=headers, body=request.body, stream_output=False
    )
    status, given, body = BotocoreStubber().process_request(made) or (0, {}, b"")
    content = body.encode() if isinstance(body, str) else bytes(body)
    return Response(int(status), {k: str(v) for k, v in given.items()}, content)


def _told(response: Response) -> str:
    found = _CODE.search(response.body) if response.status >= 300 else None
    return f"{response.status} {found[1].decode()}" if found else str(response.status)


def page(results: Iterable[Outcome]) -> str:
    """Return the page."""
    results = list(results)
    moto, fake = (sum(flags) for flags in zip(*map(_agreements, results), strict=True))
    counted = (
        f"Of {len(results)} cases, bare moto answers {moto} with S3's status, and the fake {fake} "
        "with S3's status and code."
    )
    parts = [_HEAD, counted]
    for group in dict.fromkeys(each.case.group for each in results):
        rows = [_row(each) for each in results if each.case.group == group]
        head = "| case | S3, and the fake | bare moto |\n| --- | --- | --- |"
        parts.append(f"## {group}\n\n" + "\n".join([head, *rows]))
    return "\n\n".join([*parts, _TAIL]) + "\n"


def _agreements(outcome: Outcome) -> tuple[bool, bool]:
    return outcome.moto_agrees, outcome.fake == outcome.case.expected


def _row(outcome: Outcome) -> str:
    moto = outcome.moto if outcome.moto_agrees else f"**{outcome.moto}**"
    same = outcome.fake == outcome.case.expected
    s3 = outcome.case.expected if same else f"{outcome.case.expected}, the fake **{outcome.fake}**"
    return f"| {outcome.case.title} | {s3} | {moto} |"


_HEAD = """# What the S3 mock proves, and what it does not

<!-- Written by `python -m integrations docs`, which runs every case; edit the cases instead. -->

[moto](https://docs.getmoto.org) keeps objects well and checks next to nothing of what protects
them: it takes an expired link, a forged signature, a form fifty times too large. Code that was
tried on moto alone is untried in all of that, and the first real bucket answers 403.

{py:class}`~integrations.s3.fake.FakeS3` keeps its objects in moto and puts in front of it what S3
checks. The arithmetic of signatures is botocore's, and it agrees with the examples that AWS has
published. In the tables, *S3* is what the
[documentation](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) says; what moto
and the fake answer came out when the case was run. Bold is what is not S3's answer."""

_TAIL = """## What neither of them shows

- **IAM.** The fake knows users with a list of actions and a prefix
  ({py:meth}`~integrations.s3.fake.FakeS3.add_user`); it does not read IAM policies. Of a bucket
  policy it reads statements for everybody, without conditions. Try yours on a bucket of your own.
- **Time.** Nothing is slow, throttled or half done unless a test injects the fault.
- **Keys of KMS, object lock, replication, events, Glacier, S3 Express.** Left to moto, or absent.
- **The exact words.** Codes and statuses are S3's; the text of a message may differ from today's.
- **Your bucket.** Its CORS rules, its region and its public access are settings of an account.
  {doc}`../notebooks/s3_objects` shows the doctor that reads them.

To be sure, run your own tests once against a bucket made for it, in sandbox mode."""
