"""What an integration shows to its users, and what every failure tells them."""

import ast
import importlib.util
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from integrations.core import faults
from integrations.core.errors import (
    ConfigurationError,
    GuardError,
    IntegrationError,
    NetworkError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.faults import Fault, FaultInjector
from integrations.core.registry import Integration, discover
from tests.contract.parity import called

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "integrations"
FAILURES: dict[str, tuple[Fault, type[ProviderError], bool]] = {
    "429": (faults.rate_limited("2"), RateLimitedError, False),
    "no connection": (faults.connect_failure, NetworkError, False),
    "500": (faults.status(500), UnavailableError, True),
    "html 502": (faults.html_502, UnavailableError, True),
    "timeout": (faults.timeout_lost, NetworkError, True),
    "dropped": (faults.reply_lost, NetworkError, True),
}

ODD_ADDRESSES = (
    *("http://stand-in.example.com", "http://localhost.evil.com", "http://127.0.0.1.evil.com"),
    *("http://127.0.0.1@evil.com", "http://localhost:80@evil.com", "http://evil.com\\@localhost"),
    *(
        "http://localhost\t.evil.com",
        "http://localhost:0",
        "https://user:word@evil.com",
        "https://",
    ),
    *(
        "https://evil.com?x",
        "https://evil.com#x",
        "https://evil .com",
        "https://b\u00fccher.example",
    ),
)


def _imported(path: Path) -> set[str]:
    """Return what a file imports, ``from package import module`` and relative forms included."""
    found = set()
    folder = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(relative, folder) if node.level else relative
            found |= {f"{base}.{each.name}" for each in node.names}
    return found


@pytest.mark.parametrize("owner", ["core", *discover()])
def test_no_form_of_import_reaches_another_integration(owner: str) -> None:
    others = [f"integrations.{name}." for name in discover() if name != owner]
    for path in (PACKAGE / owner).rglob("*.py"):
        reached = [name for name in _imported(path) if f"{name}.".startswith(tuple(others))]
        assert not reached, f"{path} imports {reached}"


def test_settings_can_be_read_without_the_sdk(manifest: Integration) -> None:
    settings = f"integrations.{manifest.name}.settings"
    code = f"import sys, json, {settings}; print(json.dumps([*sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sdks = {"httpx", "standardwebhooks", "stripe", "twilio", "boto3", "redis"}
    assert not sdks & set(json.loads(run.stdout))


def _modules(manifest: Integration) -> dict[str, Any]:
    package = importlib.import_module(f"integrations.{manifest.name}")
    names = [each.name for each in pkgutil.iter_modules(package.__path__) if each.name != "tests"]
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def test_every_feature_is_a_name_that_exists(manifest: Integration) -> None:
    assert manifest.features
    for feature in manifest.features:
        head, *rest = feature.symbol.split(".")
        found = [getattr(m, head) for m in _modules(manifest).values() if hasattr(m, head)]
        assert found, feature
        for name in rest:
            assert hasattr(found[0], name), feature


def test_settings_say_where_to_get_them_and_keys_are_secret(manifest: Integration) -> None:
    names = [setting.name for setting in manifest.settings]
    assert len(names) == len(set(names))
    for setting in manifest.settings:
        assert setting.help.endswith(".")
        assert setting.where or setting.default or setting.mock
        assert setting.secret == bool(re.search(r"KEY$|SECRET$|TOKEN$|PASSWORD$", setting.name))
        assert not (setting.secret and setting.default)


@pytest.mark.needs("http")
def test_a_key_goes_over_https_or_stays_on_this_machine(manifest: Integration) -> None:
    good = ("https://stand-in.example.com:8443", "http://localhost:8800")
    taken = {
        setting.name: setting.problem
        for setting in manifest.settings
        if not setting.secret and setting.problem("word") and not any(map(setting.problem, good))
    }
    assert taken, "no setting tells where the API is"
    for name, problem in taken.items():
        assert [url for url in ODD_ADDRESSES if not problem(url)] == [], name


def _functions(module: Any) -> list[tuple[str, Any]]:
    own = [o for o in vars(module).values() if getattr(o, "__module__", "") == module.__name__]
    plain = [(o.__name__, o) for o in own if inspect.isfunction(o)]
    methods = [
        (f"{o.__name__}.{n}", f)
        for o in own
        # A protocol's __init__ is typing's own.
        if inspect.isclass(o) and not getattr(o, "_is_protocol", False)
        for n, f in vars(o).items()
        if inspect.isfunction(f) and (not n.startswith("_") or n == "__init__")
    ]
    return [(n, f) for n, f in plain + methods if n[0] != "_" and f.__module__ == module.__name__]


def test_every_argument_of_a_public_function_has_a_type(manifest: Integration) -> None:
    for module in _modules(manifest).values():
        for name, function in _functions(module):
            for argument in inspect.signature(function).parameters.values():
                typed = argument.annotation is not inspect.Parameter.empty
                assert typed or argument.name in ("self", "cls"), f"{module.__name__}.{name}"


def test_every_way_in_is_used_in_a_notebook(manifest: Integration) -> None:
    used = called(manifest)
    modules = _modules(manifest)
    for module in [modules[name] for name in ("bulk", "webhooks") if name in modules]:
        for name, _ in _functions(module):
            if "." not in name:
                assert name in used, f"no notebook calls {name}"


@pytest.mark.needs("http")
@pytest.mark.parametrize(("fault", "error", "unknown"), FAILURES.values(), ids=FAILURES)
def test_an_effect_that_keeps_failing_tells_whether_it_may_have_happened(
    harness: Any, fault: Fault, error: type[ProviderError], unknown: bool
) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(*[fault] * 3)
    with pytest.raises(error) as raised:
        harness.effect(harness.client(broken))
    assert type(raised.value) is error
    assert raised.value.outcome_unknown is unknown
    assert raised.value.hint
    assert harness.effects() <= int(unknown)


@pytest.mark.needs("http")
@pytest.mark.parametrize("fault", [faults.timeout_lost, faults.reply_lost, faults.truncated_lost])
def test_a_change_without_a_key_is_made_once_at_most(harness: Any, fault: Fault) -> None:
    broken = FaultInjector(harness.fake)
    broken.inject(fault)
    with pytest.raises(ProviderError) as raised:
        harness.unkeyed(harness.client(broken))
    assert raised.value.outcome_unknown
    assert len(harness.fake.requests) == 1


@pytest.mark.needs("marked")
def test_sandbox_mode_refuses_a_live_key_given_to_the_client(harness: Any) -> None:
    secret = next(iter(harness.live_key.values()))
    with pytest.raises((ConfigurationError, GuardError)) as raised:
        harness.read(harness.client(mode="sandbox", **harness.live_key))
    assert secret not in str(raised.value)
    assert harness.fake.requests == []


@pytest.mark.needs("http")
def test_no_error_of_any_failure_shows_a_secret(harness: Any) -> None:
    shown: list[str] = []
    for fault, _, _ in FAILURES.values():
        for call in (harness.effect, harness.unkeyed, harness.read):
            broken = FaultInjector(harness.fake)
            broken.inject(*[fault] * 3)
            with pytest.raises(IntegrationError) as raised:
                call(harness.client(broken))
            harness.clock.advance(2)
            told = traceback.TracebackException.from_exception(raised.value).format()
            shown += [str(raised.value), repr(raised.value), *told]
    assert not any(secret in text for secret in harness.secrets for text in shown)


@pytest.mark.needs("webhooks")
def test_what_the_fake_sends_is_taken_by_the_pipeline(harness: Any) -> None:
    pipeline = harness.pipeline()
    harness.fake.send_test_event()
    assert harness.fake.webhooks.deliver(pipeline.receive) == [200]
    assert [each.event.type for each in pipeline.received()] == [harness.event_type]
    assert harness.fake.deliveries() == []


@pytest.mark.needs("webhooks")
def test_no_header_at_all_and_odd_headers_are_forgeries(harness: Any) -> None:
    body, headers = harness.webhook()
    for name in headers:
        if name != "content-type":
            for value in ("", " ", "\ud800", "é", "x" * 5000, "-1", "9" * 30, "1e9", "٣"):
                result = harness.pipeline().receive(body, {**headers, name: value})
                assert result.outcome == "forged", (name, value)
            without = {key: value for key, value in headers.items() if key != name}
            assert harness.pipeline().receive(body, without).outcome == "forged"


@pytest.mark.needs("webhooks")
def test_header_names_may_come_in_any_case(harness: Any) -> None:
    body, headers = harness.webhook()
    shouted = {name.upper(): value for name, value in headers.items()}
    assert harness.pipeline().receive(body, shouted).status == 200
