import pickle
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.config import (
    Mode,
    Secret,
    Setting,
    is_placeholder,
    load,
    read_env,
    resolve_mode,
    split_list,
)
from integrations.core.errors import ConfigurationError

KEY = Setting("TOY_KEY", "The key.", "Get one at toy.", required=(Mode.LIVE,), secret=True)
URL = Setting("TOY_URL", "Where.", check=lambda v: None if v[:5] == "https" else "is no https URL")


def test_the_mode_is_the_argument_then_the_services_then_the_shared_one() -> None:
    env = {"TOY_MODE": "debug", "INTEGRATIONS_MODE": "live"}
    assert resolve_mode("toy", "mock", env) is Mode.MOCK
    assert resolve_mode("toy", None, env) is Mode.DEBUG
    assert resolve_mode("other", None, env) is Mode.LIVE


@pytest.mark.parametrize("env", [{}, {"TOY_MODE": "prod"}, {"INTEGRATIONS_MODE": "test"}])
def test_no_mode_or_an_unknown_one_names_the_four(env: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="mock, debug, sandbox, live"):
        resolve_mode("toy", None, env)


def test_all_that_is_wrong_is_said_at_once_and_secrets_are_not() -> None:
    other = Setting("TOY_OTHER", "Another.", required=(Mode.LIVE,))
    env = {"TOY_KEY": "your-key", "TOY_URL": "http://s3cret.test"}
    with pytest.raises(ConfigurationError) as raised:
        load("toy", [KEY, URL, other], env, Mode.LIVE)
    text = str(raised.value)
    assert len(raised.value.problems) == 3
    assert all(name in text for name in ("TOY_KEY", "TOY_URL", "TOY_OTHER", "Get one at toy."))
    assert "s3cret" not in text


def test_a_secret_is_not_shown_and_not_pickled() -> None:
    secret = Secret("hush-hush")
    assert "hush" not in f"{secret!r} {secret} {secret:} {[secret]} " + repr((secret,))
    with pytest.raises(TypeError):
        f"{secret:>20}"
    assert not hasattr(secret, "__dict__")
    assert len({secret, Secret("hush-hush"), Secret("other")}) == 2
    assert secret.reveal() == "hush-hush"
    assert secret == Secret("hush-hush")
    assert not Secret("")
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(secret)


@given(st.text("abcdef0123456789", min_size=12, max_size=40))
def test_real_looking_values_are_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize("value", ["mysandboxkey01", "yourteam77", "changes2026x"])
def test_a_key_may_begin_with_any_word(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["__loops_email_id__", "<key>", "your-api-key", "xxx", "changeme", "{id}", "…"]
)
def test_leftovers_are_placeholders(value: str) -> None:
    assert is_placeholder(value)


def test_a_missing_env_file_is_fine_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_A", "from the environment")
    assert read_env(tmp_path / "none")["TOY_A"] == "from the environment"
    (tmp_path / ".env").write_text("TOY_A=from the file\nTOY_B='b c'\n# note\nexport TOY_C=1\n")
    found = read_env(tmp_path / ".env")
    assert [found[f"TOY_{name}"] for name in "ABC"] == ["from the environment", "b c", "1"]


def test_an_unreadable_line_is_named_by_its_number_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GOOD=1\n'hush hush\nALSO=2\n")
    with pytest.raises(ConfigurationError) as raised:
        read_env(tmp_path / ".env")
    assert "line 2" in str(raised.value)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [("GOOD=1\n\n\n'hush hush\n", 4), ("\n# note\n  'hush\n", 3), ("= hush\nB=1\n", 1)],
)
def test_the_number_is_the_lines_own_whatever_stands_before_it(
    tmp_path: Path, text: str, line: int
) -> None:
    (tmp_path / ".env").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        read_env(tmp_path / ".env")
    assert raised.value.problems == (f"line {line}",)
    assert "hush" not in "".join(traceback.format_exception(raised.value))


def test_a_file_that_is_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"KEY=hush\xff\n")
    with pytest.raises(ConfigurationError, match="UnicodeDecodeError") as raised:
        read_env(tmp_path / ".env")
    assert "hush" not in "".join(traceback.format_exception(raised.value))


def test_a_file_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfTOY_A=1\r\nTOY_B=2\r\n")
    found = read_env(tmp_path / ".env")
    assert (found["TOY_A"], found["TOY_B"]) == ("1", "2")


def test_no_file_is_read_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_A", "x")
    assert read_env(None)["TOY_A"] == "x"


def test_an_unset_setting_falls_back_to_its_mock_value_in_mock_mode_only() -> None:
    setting = Setting("TOY_A", "A.", required=(Mode.MOCK, Mode.LIVE), mock="m", default="")
    assert load("toy", [setting], {"TOY_A": "  "}, Mode.MOCK) == {"TOY_A": "m"}
    assert load("toy", [setting], {"TOY_A": " v "}, Mode.MOCK) == {"TOY_A": "v"}
    with pytest.raises(ConfigurationError, match=r"TOY_A is missing: A\."):
        load("toy", [setting], {}, Mode.LIVE)


def test_a_placeholder_is_refused_only_where_the_setting_is_required() -> None:
    env = {"TOY_KEY": "<key>"}
    assert load("toy", [KEY], env, Mode.DEBUG) == env
    with pytest.raises(ConfigurationError, match="still a placeholder"):
        load("toy", [KEY], env, Mode.LIVE)


def test_a_setting_tells_what_is_wrong_with_a_value() -> None:
    assert URL.problem("<url>") == "is still a placeholder"
    assert URL.problem("http://x.test") == "is no https URL"
    assert URL.problem("https://x.test") is None
    assert KEY.problem("anything") is None


def test_a_mode_is_read_in_any_case_and_an_empty_one_is_unset() -> None:
    env = {"TOY_MODE": "", "INTEGRATIONS_MODE": " Sandbox "}
    assert resolve_mode("toy", None, env) is Mode.SANDBOX
    assert resolve_mode("toy", "", env) is Mode.SANDBOX


def test_a_secret_is_not_in_a_traceback_with_its_variables() -> None:
    def fail(secret: Secret) -> None:
        raise ConfigurationError(f"{secret}", problems=[f"{secret!r}"])

    with pytest.raises(ConfigurationError) as raised:
        fail(Secret("-".join(["hush"] * 2)))
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert "hush-hush" not in "".join(shown.format())


def test_lists_are_split_at_commas() -> None:
    assert split_list(" a, ,b,") == ("a", "b")
