"""A link that leaves goes to your own site, or not at all."""

import pytest

from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.links import site_link


def _checked(url: object, mode: Mode = Mode.LIVE, hosts: tuple[str, ...] = ("a.test",)) -> str:
    return site_link("return_url", url, provider="stripe", mode=mode, allowed_hosts=hosts, limit=60)


@pytest.mark.parametrize("url", ["https://a.test", "https://A.test:443/x?y={Z}#f"])
def test_a_link_to_the_site_comes_back_as_it_is(url: str) -> None:
    assert _checked(url) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://b.test", "leaves the site"),
        ("https://a.test.evil.test", "leaves the site"),
        ("http://a.test", "https"),
        ("https://a.test@evil.test", "user name"),
        ("https://evil.test\\@a.test", "backslashes"),
        ("https://[a.test", "no link"),
        ("https://a.test:0", "odd port"),
        ("https://a.test/" + "x" * 60, "at most 60"),
        ("http://localhost", "https"),
        (None, "string"),
    ],
)
def test_any_other_is_refused_by_the_argument_s_name(url: object, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why) as raised:
        _checked(url)
    assert raised.value.argument == "return_url"


def test_localhost_is_taken_where_nothing_leaves() -> None:
    for mode in (Mode.MOCK, Mode.DEBUG):
        assert _checked("http://localhost:8000/x", mode)


def test_without_a_host_every_link_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="INTEGRATIONS_ALLOWED_HOSTS"):
        _checked("https://a.test", hosts=())
