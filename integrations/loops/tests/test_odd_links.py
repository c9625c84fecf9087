"""No shortcut lets a link out that leads elsewhere, or that two programs could read differently."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.workbook import Mock, Workbook
from integrations.loops import shortcuts
from integrations.loops.client import LoopsClient
from integrations.loops.fake import FakeLoops

SITE = "https://app.example.com"


@dataclass
class Person:
    email: str = "a@acme.example"
    first_name: str = "Alex"
    login_code: str = "402913"
    name: str = "Kim"


@dataclass
class Invitation:
    accept_url: str
    user: Person = field(default_factory=Person)
    team: Person = field(default_factory=Person)
    invited_by: Person = field(default_factory=Person)
    role: str = "editor"


Send = Callable[[Any, LoopsClient], Any]
SENDS: dict[str, Send] = {
    "reset_url": lambda url, c: shortcuts.send_password_reset_email(Person(), url, client=c),
    "next_url": lambda url, c: shortcuts.send_login_code_email(Person(), url, client=c),
    "accept_url": lambda url, c: shortcuts.send_team_membership_email(Invitation(url), client=c),
}
SETTINGS = {
    "reset_url": "LOOPS_PASSWORD_RESET_ID",
    "next_url": "LOOPS_LOGIN_CODE_ID",
    "accept_url": "LOOPS_TEAM_MEMBERSHIP_ID",
}
every_shortcut = pytest.mark.parametrize("name", SENDS)


@every_shortcut
@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}@evil.test/",
        f"{SITE}:pass@evil.test/",
        f"{SITE}:443@evil.test/",
        f"{SITE}\\@evil.test/",
        f"{SITE}\\.evil.test/",
        f"{SITE}.evil.test/",
        f"{SITE}:8443/",
        f"{SITE}:0/",
        f"{SITE}./",
        "https://evil.test/https://app.example.com/",
        "https://evil.test#@app.example.com/",
        "https://evil.test\\.app.example.com/",
        "https:evil.test",
        "https:///app.example.com/",
        "//evil.test",
        "\\\\evil.test",
        "/\\evil.test",
        "http://app.example.com/",
        "HTTP://app.example.com/",
        "ftp://app.example.com/",
        "data:text/html,x",
        "https://app。example.com/",
        "https://app.exam\u200bple.com/",
        "https://ａpp.example.com/",  # noqa: RUF001  # a full-width a
        "https://127.0.0.1.evil.test/",
        "https://[::ffff:127.0.0.1]/",
        f"{SITE}/a b",
        f"{SITE}/a\tb",
        f"{SITE}/a\nb",
        f"{SITE}/a\r\nBcc: x@evil.test",
        f"{SITE}/a\\b",
        f"{SITE}/a\0",
        f"{SITE}/é",
        f" {SITE}/",
        f"\x01{SITE}/",
        b"https://app.example.com/",
        7,
    ],
)
def test_a_link_that_may_lead_elsewhere_stops_the_send(lab: Mock, name: str, url: Any) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        SENDS[name](url, lab.client)
    assert name in str(raised.value.argument)
    assert lab.fake.requests == []


@every_shortcut
def test_a_link_is_as_long_as_loops_takes_and_no_longer(lab: Mock, name: str) -> None:
    longest = f"{SITE}/".ljust(498, "x")
    SENDS[name](longest, lab.client)
    assert longest in lab.fake.requests[0].json()["dataVariables"].values()
    with pytest.raises(InvalidRequestError, match="499 characters; Loops takes at most 498"):
        SENDS[name](longest + "x", lab.client)
    assert len(lab.fake.requests) == 1


@every_shortcut
@pytest.mark.parametrize("url", [SITE, f"{SITE}:443/a?next=https://evil.test#x", f"{SITE}/@evil"])
def test_a_link_on_the_site_arrives_as_it_is(lab: Mock, name: str, url: str) -> None:
    SENDS[name](url, lab.client)
    assert url in lab.fake.requests[0].json()["dataVariables"].values()


@every_shortcut
@pytest.mark.parametrize("value", [None, "__loops_email_id__", "your-id"])
@pytest.mark.parametrize("mode", ["debug", "live"])
def test_without_its_template_a_shortcut_sends_nothing(
    fake: FakeLoops, name: str, value: str | None, mode: str
) -> None:
    env = {"LOOPS_API_KEY": "loopsmockkey0001", "INTEGRATIONS_ALLOWED_HOSTS": "app.example.com"}
    if value:
        env[SETTINGS[name]] = value
    client = LoopsClient.from_env(env, mode=mode, wire=fake)
    with pytest.raises(ConfigurationError, match=SETTINGS[name]):
        SENDS[name](SITE, client)
    assert fake.requests == []
    assert len(client.outbox) == 0


PIECES = ["https:", "http:", "/", "//", "\\", "@", ":", "?", "#", ".", "443", "evil.test", "%2f"]
PIECES += ["app.example.com", "APP.example.com", "localhost", "\t", "[", "]", "\u2100", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.sampled_from(list(SENDS)))
def test_whatever_arrives_leads_to_the_site(url: str, name: str) -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops")
    try:
        SENDS[name](url, lab.client)
    except InvalidRequestError:
        assert lab.fake.requests == []
        return
    links = [v for v in lab.fake.requests[0].json()["dataVariables"].values() if "://" in v]
    parts = urlsplit(links[0])
    assert parts.hostname in ("app.example.com", "localhost", "127.0.0.1")
    assert "@" not in parts.netloc
    assert not set("\\\t\n ") & set(links[0])
