import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.log import (
    REDACTED,
    SAFE_FIELDS,
    UrlRedactingFilter,
    get_logger,
    log_event,
    redact_headers,
    redact_http_library_logs,
    redact_url,
)

SECRETS = st.text("abcXYZ09-_.~", min_size=8, max_size=20).map(lambda text: f"s3{text}cret")


def test_only_known_fields_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_event(get_logger("toy"), logging.INFO, "call", status=200, code="hush", link="hush")
    record = caplog.records[0]
    assert record.name == "integrations.toy"
    assert record.getMessage() == f"call status=200 code={REDACTED} link={REDACTED}"
    assert record.__dict__["status"] == 200
    assert record.__dict__["event"] == "call"
    assert "hush" not in str(vars(record))


@pytest.mark.parametrize("name", ["message", "args", "name", "exc_info", "body", "key", "apiKey"])
def test_no_unknown_field_is_shown_or_breaks_the_log(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    log_event(get_logger("toy"), logging.INFO, "call", **{name: "hush"})
    assert caplog.records[0].getMessage() == f"call {name}={REDACTED}"
    assert "hush" not in str(vars(caplog.records[0]))


def test_no_safe_field_is_a_name_of_loggings_own() -> None:
    record = logging.LogRecord("toy", logging.INFO, "", 0, "", (), None)
    assert not SAFE_FIELDS & {*vars(record), "message", "asctime", "event"}


def test_nothing_is_built_for_a_level_that_is_off(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    class Loud:
        def __str__(self) -> str:
            raise AssertionError("built")

    log_event(get_logger("toy"), logging.INFO, "call", status=Loud())


def test_only_harmless_headers_keep_their_value() -> None:
    sent = {"Authorization": "Bearer hush", "X-New": "hush", "Content-Type": "text/plain"}
    shown = redact_headers(sent)
    assert shown == {"Authorization": REDACTED, "X-New": REDACTED, "Content-Type": "text/plain"}


@given(SECRETS)
def test_a_url_loses_user_query_and_fragment(secret: str) -> None:
    url = f"https://user:{secret}@api.test/path?token={secret}&b={secret}#{secret}"
    assert redact_url(url) == f"https://api.test/path?token={REDACTED}&b={REDACTED}"
    assert redact_url(f"https://{secret}@api.test/path?{secret}") == (
        f"https://api.test/path?{REDACTED}"
    )


@given(st.text(min_size=1), SECRETS)
def test_a_secret_with_anything_around_it_does_not_survive_in_a_query(
    around: str, secret: str
) -> None:
    quoted = quote(around)
    for query in (f"a={quoted}{secret}", f"a={secret}{quoted}", f"a=1&b={quoted}={secret}"):
        assert secret not in redact_url(f"https://api.test/x?{query}")


@pytest.mark.parametrize(
    "url",
    ["http://[hush", "redis://:hu#hush@host:6379/0", "redis://:hu/hush@host/0", "https://a:hush/x"],
)
def test_what_is_no_url_is_replaced_as_a_whole(url: str) -> None:
    assert redact_url(url) == REDACTED


@given(st.text())
def test_no_text_breaks_the_redaction(text: str) -> None:
    redact_url(text)
    redact_url(f"https://{text}")


def test_a_url_without_secrets_stays_as_it_is() -> None:
    url = "https://api.test:8443/v1/contacts/a%20b"
    assert redact_url(url) == url


def test_the_filter_is_installed_on_the_http_librarys_logger_once() -> None:
    redact_http_library_logs()
    redact_http_library_logs()
    filters = logging.getLogger("httpx").filters
    assert len([each for each in filters if isinstance(each, UrlRedactingFilter)]) == 1


def test_the_http_librarys_log_has_no_query(caplog: pytest.LogCaptureFixture) -> None:
    redact_http_library_logs()
    logger = logging.getLogger("httpx")
    caplog.set_level(logging.INFO)
    url = "https://a.test/find?email=o'hush@x.test"
    logger.info("HTTP Request: %s %s %d", "GET", url, 200)
    logger.info(f"HTTP Request: {url}")
    logger.info("no URL, %d%%", 5)
    logger.info("HTTP Request: %s", "http://[hush")
    assert "hush" not in caplog.text
    assert f"GET https://a.test/find?email={REDACTED} 200" in caplog.text


def test_the_package_is_quiet_until_logging_is_configured() -> None:
    get_logger("toy")
    get_logger("other")
    handlers = logging.getLogger("integrations").handlers
    assert len([each for each in handlers if isinstance(each, logging.NullHandler)]) == 1


def test_a_value_cannot_start_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = "evt_1\nINFO paid\x1b[2K\u2028"
    log_event(get_logger("toy"), logging.INFO, "webhook", event_id=told)
    assert caplog.messages == ["webhook event_id=evt_1\\nINFO paid\\x1b[2K\\u2028"]
    assert caplog.records[0].__dict__["event_id"] == told
