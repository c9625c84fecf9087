from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.workbook import Workbook
from integrations.loops.client import LoopsClient
from integrations.loops.fake import FakeLoops
from integrations.loops.links import next_link, site_link
from integrations.loops.settings import LoopsSettings
from integrations.loops.shortcuts import (
    send_login_code_email,
    send_password_reset_email,
    send_team_membership_email,
)


@dataclass
class Person:
    email: str = "a@acme.example"
    first_name: str = "Alex"
    login_code: str = "402913"


@dataclass
class Thing:
    name: str


@dataclass
class Invitation:
    user: Person = field(default_factory=Person)
    team: Thing = field(default_factory=lambda: Thing("Research"))
    role: str = "editor"
    invited_by: Thing = field(default_factory=lambda: Thing("Kim"))
    accept_url: str = "https://app.example.com/join/7"


SETTINGS = LoopsSettings.from_env({}, mode="mock")
LIVE = replace(SETTINGS, mode=Mode.LIVE)


def test_a_password_reset_carries_its_link(loops: Any, fake: FakeLoops) -> None:
    send_password_reset_email(Person(), "https://app.example.com/r/1", client=loops)
    assert fake.requests[0].json() == {
        "email": "a@acme.example",
        "transactionalId": "clpasswordreset01",
        "dataVariables": {"name": "Alex", "resetUrl": "https://app.example.com/r/1"},
    }


def test_a_login_code_carries_the_code_and_where_to_go_on(loops: Any, fake: FakeLoops) -> None:
    send_login_code_email(Person(first_name=""), "/projects?a=1", client=loops)
    assert fake.requests[0].json()["dataVariables"] == {
        "loginCode": "402913",
        "nextUrl": "https://app.example.com/projects?a=1",
    }


def test_an_invitation_names_team_role_and_inviter(loops: Any, fake: FakeLoops) -> None:
    send_team_membership_email(Invitation(), client=loops)
    sent = fake.requests[0].json()
    assert sent["transactionalId"] == "clteammembership1"
    assert sent["dataVariables"]["teamName"] == "Research"
    assert sent["dataVariables"]["acceptUrl"] == "https://app.example.com/join/7"


@pytest.mark.parametrize("code", ["4711", "", "12345 ", 402913, None])
def test_a_weak_code_is_refused(loops: Any, fake: FakeLoops, code: Any) -> None:
    with pytest.raises(InvalidRequestError, match="login_code"):
        send_login_code_email(Person(login_code=code), "/", client=loops)
    assert fake.requests == []


@pytest.mark.parametrize("value", ["", "__loops_email_id__"])
@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.DEBUG])
def test_a_missing_template_is_a_configuration_error_before_any_send(
    fake: FakeLoops, value: str, mode: Mode
) -> None:
    settings = replace(SETTINGS, mode=mode, password_reset_id=value)
    client = LoopsClient(settings, wire=fake)
    with pytest.raises(ConfigurationError, match="LOOPS_PASSWORD_RESET_ID"):
        send_password_reset_email(Person(), "https://app.example.com/", client=client)
    assert fake.requests == []
    assert len(client.outbox) == 0


def test_without_allowed_hosts_no_link_leaves(fake: FakeLoops) -> None:
    client = LoopsClient(replace(SETTINGS, allowed_hosts=()), wire=fake)
    with pytest.raises(ConfigurationError, match="INTEGRATIONS_ALLOWED_HOSTS"):
        send_password_reset_email(Person(), "https://app.example.com/", client=client)
    assert fake.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/",
        "https://evil.example/",
        "https://app.example.com@evil.example/",
        "https://app.example.com:8443/",
        "https://app.example.com.evil.example/",
        "https://evil.example\\@app.example.com/",
        "https://app.example.com\t.evil.example/",
        "https://аpp.example.com/",  # noqa: RUF001  # a Cyrillic a
        "//app.example.com/",
        "javascript:alert(1)",
        "https://user@localhost/",
        "https://",
        "https://[::1/",
        "https://app.example.com:99999/",
        "",
        None,
        "https://app.example.com/" + "x" * 480,
    ],
)
def test_a_link_that_leaves_the_site_or_is_no_link_is_refused(url: Any) -> None:
    for settings in (SETTINGS, LIVE):
        with pytest.raises(InvalidRequestError, match="reset_url"):
            site_link("reset_url", url, settings)


@pytest.mark.parametrize("url", ["//evil.example", "/\\evil.example", "https://evil.example/", "p"])
def test_going_on_cannot_leave_the_site(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="next_url"):
        next_link("next_url", url, SETTINGS)


def test_localhost_is_for_mock_and_debug_mode() -> None:
    assert site_link("u", "http://localhost:8000/r", SETTINGS)
    with pytest.raises(InvalidRequestError):
        site_link("u", "http://localhost:8000/r", LIVE)


HOSTS = st.sampled_from(["app.example.com", "evil.example", "APP.example.com", "app.example.com."])
GLUE = st.text("/@:\\?#.%2f\t aA0-", max_size=12)


@given(
    st.builds("{}{}{}{}".format, st.sampled_from(["https://", "//", "/", ""]), GLUE, HOSTS, GLUE)
)
def test_a_link_that_passes_leads_to_the_site(url: str) -> None:
    for check in (site_link, next_link):
        try:
            taken = check("url", url, LIVE)
        except InvalidRequestError:
            continue
        parts = urlsplit(taken)
        assert (parts.scheme, parts.hostname) == ("https", "app.example.com")
        assert parts.username is None


def test_the_default_client_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    from integrations.loops.shortcuts import default_client

    monkeypatch.setenv("LOOPS_MODE", "mock")
    default_client.cache_clear()
    assert send_password_reset_email(Person(), "https://app.example.com/r").sent
    assert default_client().fake.emails
    default_client.cache_clear()


def test_shortcuts_in_debug_mode_send_nothing(fake: FakeLoops) -> None:
    book = Workbook(
        Mode.DEBUG, {"LOOPS_PASSWORD_RESET_ID": "clx1", "INTEGRATIONS_ALLOWED_HOSTS": "x.test"}
    )
    client = book.connect("loops")
    result = send_password_reset_email(Person(), "https://x.test/r", client=client)
    assert result.sent is False
    assert client.outbox.last.outcome == "not sent"
