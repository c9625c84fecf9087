"""What ``manage.py check`` says."""

from collections import ChainMap
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

LIVE = {
    "INTEGRATIONS_MODE": "live",
    "STRIPE_API_KEY": "sk_" + "live_" + "demo_not_real_0001",
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "demo_not_real_0001",
}


def said(env: dict[str, str], *services: str, deploy: bool = False, **more: Any) -> list[Any]:
    given = {"SERVICES": services, "ENV": env, **more}
    with override_settings(INTEGRATIONS=given):
        found = run_checks(include_deployment_checks=deploy)
    # The shop handles all three; that is a test of its own.
    return [
        each
        for each in found
        if each.id.startswith("integrations.") and each.id != "integrations.W002"
    ]


def test_a_complete_site_has_nothing_to_fix() -> None:
    assert said(LIVE, "stripe", deploy=True) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"SERVICES": ["strype"]}, "Did you mean 'stripe'"),
        ({"SERVICES": "stripe"}, "is no list"),
        ({"SERVICE": ["stripe"]}, "Did you mean 'SERVICES'"),
        (["stripe"], "is no dictionary"),
    ],
)
def test_a_malformed_setting_is_an_error(given: Any, told: str) -> None:
    with override_settings(INTEGRATIONS=given):
        found = [each for each in run_checks() if each.id.startswith("integrations.")]
    assert [each.id for each in found] == ["integrations.E001"]
    assert told in found[0].msg


def test_what_is_missing_or_malformed_is_named_and_not_shown() -> None:
    env = {**LIVE, "STRIPE_API_KEY": "", "STRIPE_WEBHOOK_SECRET": "word-of-mine"}
    found = said(env, "stripe")
    assert {each.id for each in found} == {"integrations.E002"}
    told = "\n".join(f"{each.msg} {each.hint}" for each in found)
    assert "STRIPE_API_KEY is missing" in told
    assert "STRIPE_WEBHOOK_SECRET is malformed" in told
    assert "word-of-mine" not in told


def test_an_env_that_error_pages_would_show_is_a_warning() -> None:
    with override_settings(INTEGRATIONS={"SERVICES": ["stripe"], "ENV": ChainMap(LIVE)}):
        found = [each for each in run_checks() if each.id == "integrations.W003"]
    assert len(found) == 1
    assert "integrations.W003" not in {each.id for each in said(LIVE, "stripe")}


def test_an_env_that_is_no_dictionary_is_an_error_and_a_warning() -> None:
    with override_settings(INTEGRATIONS={"SERVICES": ["stripe"], "ENV": None}):
        found = {each.id for each in run_checks()}
    assert {"integrations.E001", "integrations.W003"} <= found


def test_what_is_no_text_is_an_error() -> None:
    [found] = said({**LIVE, "STRIPE_API_KEY": 7}, "stripe")  # type: ignore[dict-item]
    assert found.id == "integrations.E001"
    assert "'STRIPE_API_KEY'] is no text" in found.msg


def test_what_is_none_is_missing() -> None:
    found = said({**LIVE, "STRIPE_API_KEY": None}, "stripe")  # type: ignore[dict-item]
    assert [each.msg.partition(":")[0] for each in found] == ["Stripe"]
    assert "STRIPE_API_KEY is missing" in found[0].msg


def test_no_mode_is_an_error() -> None:
    assert [each.id for each in said({}, "loops")][:1] == ["integrations.E002"]


def test_webhooks_that_cannot_be_verified_are_a_warning() -> None:
    [found] = said({**LIVE, "STRIPE_WEBHOOK_SECRET": ""}, "stripe")
    assert found.id == "integrations.W001"
    assert "503" in found.hint


def test_a_handler_of_a_service_that_is_not_served_is_a_warning() -> None:
    with override_settings(INTEGRATIONS={"SERVICES": ["stripe"], "ENV": LIVE}):
        found = [each for each in run_checks() if each.id == "integrations.W002"]
    assert [each.obj for each in found] == ["loops", "twilio"]


def test_mock_and_debug_mode_are_not_for_production() -> None:
    mock = {"INTEGRATIONS_MODE": "mock"}
    assert said(mock, "stripe") == []
    [found] = said(mock, "stripe", deploy=True)
    assert found.id == "integrations.E010"
    assert "anybody can sign" in found.msg
    [found] = said(mock, "s3", deploy=True)
    assert "sign" not in found.msg
    found = said({**LIVE, "STRIPE_MODE": "debug"}, "stripe", deploy=True)
    assert [each.id for each in found] == ["integrations.W010"]
