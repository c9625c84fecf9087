"""The page of what the mock proves says what comes out when its cases are run."""

import pytest
from moto.s3.models import s3_backends

from integrations.s3 import mock_page
from integrations.s3.fake_cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.title}")
def test_the_fake_answers_every_case_as_s3_does(case: Case) -> None:
    assert mock_page._on_fake(case) == case.expected


def test_moto_is_asked_as_it_is_and_left_as_it_was() -> None:
    before = dict(s3_backends.bucket_accounts)
    answered = {each.case.title: each.moto for each in mock_page.outcomes()}
    assert answered["a guessed secret"] == "200"
    assert answered["create only if absent, and it is there"] == "412 PreconditionFailed"
    assert dict(s3_backends.bucket_accounts) == before


def test_the_page_counts_and_marks_where_moto_differs() -> None:
    same = mock_page.Outcome(CASES[0], "200", "200")
    other = mock_page.Outcome(CASES[1], "200", "403 AccessDenied")
    text = mock_page.page([same, other])
    assert "Of 2 cases, bare moto answers 1 with S3's status, and the fake 2 " in text
    worse = mock_page.Outcome(CASES[1], "200", "200")
    assert "moto answers 1 with S3's status, and the fake 1 " in mock_page.page([same, worse])
    assert "| as signed | 200 | 200 |" in text
    assert "| after its expiry | 403 AccessDenied | **200** |" in text
    told = "| after its expiry | 403 AccessDenied, the fake **200** | **200** |"
    assert told in mock_page.page([worse])
