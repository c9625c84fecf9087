import pickle
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
    shown = f"{secret!r} {secret} {secret:} {[secret]} {vars}".replace("vars", "")
    assert "hush" not in shown
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


def test_lists_are_split_at_commas() -> None:
    assert split_list(" a, ,b,") == ("a", "b")
