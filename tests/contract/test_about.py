"""What the set-up page and the overview say of a service is complete, and its first call runs."""

import dataclasses

import pytest

from integrations.core.drills import fresh
from integrations.core.registry import Integration
from tests.book_names import unknown


def test_nothing_is_left_out(manifest: Integration) -> None:
    told = manifest.told()
    for each in dataclasses.fields(told):
        value = getattr(told, each.name)
        if each.name == "webhooks":
            assert bool(value) == bool(manifest.events)
        if each.name == "begin_with":
            assert set(value) <= {setting.name for setting in manifest.settings}
            continue
        for text in value if isinstance(value, tuple) else (value,):
            assert text.endswith("\n" if each.name == "first_call" else "."), (each.name, text)
            assert not unknown(text)
    assert any(f"{manifest.name.upper()}_MODE=live" in line for line in told.going_live)


def test_the_first_call_runs(manifest: Integration, capsys: pytest.CaptureFixture[str]) -> None:
    code = compile(manifest.told().first_call, "first_call", "exec")
    exec(code, {"client": fresh(manifest.name).client})  # noqa: S102  # our own text
    assert capsys.readouterr().out.strip()
