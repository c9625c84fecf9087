"""What a guide shows of a run of pytest is the same on every machine."""

import pytest

from integrations.commands.rehearsal import try_tests

_FAILS = """
def test_it_has_a_long_message():
    assert not ["a value that is long enough to be cut by a narrow summary"] * 3, "why " * 60
"""
_CI = {"CI": "true", "BUILD_NUMBER": "7", "FORCE_COLOR": "1", "COLUMNS": "40"}


def test_the_environment_does_not_change_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in _CI:
        monkeypatch.delenv(name, raising=False)
    try_tests(_FAILS)
    plain = capsys.readouterr().out
    for name, value in _CI.items():
        monkeypatch.setenv(name, value)
    try_tests(_FAILS)
    assert capsys.readouterr().out == plain
    assert "FAILED" in plain
