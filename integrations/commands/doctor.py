"""``doctor``: what is set, what is not, and the next step. It never shows a value."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from integrations.core.config import REAL, Mode, Setting, is_placeholder, read_env, resolve_mode
from integrations.core.errors import ConfigurationError, IntegrationError
from integrations.core.registry import Integration, discover, find


@dataclass(frozen=True)
class Finding:
    """What there is to say about one setting, or about the key itself.

    Attributes:
        integration: the integration's name.
        setting: the variable's name.
        status: ``set``, ``default``, ``unset`` (and not needed), ``missing``, ``placeholder``,
            ``malformed``, ``works`` or ``refused``.
        detail: what kind of value it is, or what is wrong with it.
        next_step: what to do about it; empty when there is nothing to do.
        ready: whether this stands in the way of using the integration.
    """

    integration: str
    setting: str
    status: str
    detail: str = ""
    next_step: str = ""
    ready: bool = True


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 0 when everything asked about is ready, else 1."""
    env = read_env(arguments.env_file)
    chosen = [find(arguments.name)] if arguments.name else list(discover().values())
    findings = examine_all(chosen, env, mode=arguments.mode, online=arguments.online)
    print(report(findings, as_json=arguments.json))
    return 0 if all(finding.ready for finding in findings) else 1


def examine_all(
    chosen: Iterable[Integration],
    env: Mapping[str, str],
    *,
    mode: str | None = None,
    online: bool = False,
) -> list[Finding]:
    """Judge the settings of several integrations."""
    return [f for each in chosen for f in examine(each, env, mode=mode, online=online)]


def report(findings: list[Finding], *, as_json: bool = False) -> str:
    """Write the findings as text, or as JSON."""
    gaps = sum(not finding.ready for finding in findings)
    if as_json:
        told = {"ready": not gaps, "findings": [asdict(each) for each in findings]}
        return json.dumps(told, indent=2)
    lines = [line for finding in findings for line in _lines(finding)]
    return "\n".join([*lines, "", f"not ready: {gaps} to fix" if gaps else "ready"])


def examine(
    integration: Integration,
    env: Mapping[str, str],
    *,
    mode: str | None = None,
    online: bool = False,
) -> Iterator[Finding]:
    """Judge an integration's settings for its mode."""
    name = integration.name
    try:
        chosen = resolve_mode(name, mode, env)
    except ConfigurationError as error:
        step = "Set INTEGRATIONS_MODE to mock, debug, sandbox or live."
        yield Finding(name, f"{name.upper()}_MODE", "missing", str(error), step, ready=False)
        chosen = Mode.LIVE
    else:
        yield Finding(name, f"{name.upper()}_MODE", "set", str(chosen))
    findings = [_judge(name, setting, env, chosen) for setting in integration.settings]
    yield from findings
    if all(finding.ready for finding in findings):
        findings += [
            Finding(name, "the settings together", "missing", problem, ready=False)
            for problem in integration.problems(env, chosen)
        ]
        yield from findings[len(integration.settings) :]
    if online and all(finding.ready for finding in findings):
        yield _ask(integration, env, chosen)


def _judge(name: str, setting: Setting, env: Mapping[str, str], mode: Mode) -> Finding:
    value = env.get(setting.name, "").strip()
    needed = mode in setting.required
    if not value:
        if needed:
            step = f"Set it. {setting.where}"
            return Finding(name, setting.name, "missing", setting.help, step, ready=False)
        status = "default" if setting.default or (mode is Mode.MOCK and setting.mock) else "unset"
        return Finding(name, setting.name, status, setting.help)
    wrong = setting.problem(value)
    if wrong is None:
        kind = setting.kind(value) if setting.kind else ""
        return Finding(name, setting.name, "set", kind)
    status = "placeholder" if is_placeholder(value) else "malformed"
    step = f"Replace it. {setting.where}"
    return Finding(
        name, setting.name, status, wrong, step, ready=status != "malformed" and not needed
    )


def _ask(integration: Integration, env: Mapping[str, str], mode: Mode) -> Finding:
    name, what = integration.name, "the key, asked online"
    if mode not in REAL:
        step = "Use --mode sandbox or --mode live to ask the service."
        return Finding(name, what, "unset", f"mode {mode} reaches no service", step)
    try:
        with integration.client_class().from_env(env, mode=mode) as client:
            getattr(client, integration.probe)()
    except IntegrationError as error:
        return Finding(name, what, "refused", str(error), "See the reason.", ready=False)
    return Finding(name, what, "works")


_SIGNS = {"set": "+", "works": "+", "default": " ", "unset": " "}


def _lines(finding: Finding) -> Iterator[str]:
    sign = _SIGNS.get(finding.status, "!")
    yield f"{sign} {finding.setting:<28}{finding.status:<13}{finding.detail}".rstrip()
    if finding.next_step:
        yield f"    → {finding.next_step}"
