"""The set-up page and the page of messages, made from the manifests and from their drills."""

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from integrations.commands.tables import markdown_table
from integrations.core.drills import HERE, Provoked, provoked
from integrations.core.registry import Integration


def setup(every: Iterable[Integration]) -> str:
    """Return, for each service, the steps of a developer, of a team, and of an operator."""
    parts = []
    for each in every:
        parts += [f"(setup-{each.name})=", f"## {each.title}", *_developer(each)]
        parts += [*_team(each), *_operator(each)]
    return "\n\n".join(parts)


def _developer(each: Integration) -> list[str]:
    doctor = f"python -m integrations doctor {each.name} --mode sandbox"
    return [
        "### " + f"{each.title}: a developer's first call",
        f"**Account and key.** {linked(each.credentials)} {each.told().sandbox}",
        "**`.env`.** Beside the Makefile, and never committed. `.env.example` has every variable; "
        "the first call needs these:",
        _block("sh", "".join(f"{setting.name}=\n" for setting in each.first_settings())),
        markdown_table(("Variable", "What it is, and where it comes from"), _where(each)),
        "**Doctor.** It names what is missing, and never shows a value. With `--online` it asks "
        "the service whether the key works:",
        _block("sh", f"{doctor}\n{doctor} --online\n"),
        "**First call.** Only the command line and the notebooks read `.env`; a program says so:",
        _block("python", _program(each)),
        "It says something else? Look the message up: "
        f"{{ref}}`{each.title}'s messages <troubleshooting-{each.name}>`.",
    ]


def _team(each: Integration) -> list[str]:
    told = each.told()
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(told.webhooks, start=1))
    hooks = ["**Webhooks.** " + told.signature, steps] if steps else []
    return [
        f"### {each.title}: a team's staging",
        f"Staging has keys of its own and runs in mode `sandbox`. {told.test_data}",
        *hooks,
        f"**Tests.** None of them needs a key: the fixtures `fake_{each.name}` and "
        f"`{each.name}_client` come with the package ({{doc}}`../notebooks/testing`).",
    ]


def _operator(each: Integration) -> list[str]:
    told = each.told()
    ready = f"`python -m integrations doctor {each.name} --mode live --online` says *ready* there."
    items = "\n".join(f"- [ ] {item}" for item in (*told.going_live, ready))
    return [
        f"### {each.title}: an operator's go-live",
        items,
        f"**Rotation.** {told.rotation}",
        f"**Timeouts, repeats, limits, costs.** {{ref}}`At a glance <service-{each.name}>`; what "
        "to make of them: {doc}`production`.",
    ]


def linked(text: str) -> str:
    """Return the text with its addresses as links."""
    return re.sub(r"https://[\w./-]*\w", r"<\g<0>>", text)


def _where(each: Integration) -> list[tuple[str, str]]:
    return [(f"`{s.name}`", f"{s.help} {s.where}".strip()) for s in each.first_settings()]


def _program(each: Integration) -> str:
    return (
        "from integrations import connect\n"
        "from integrations.core.config import read_env\n\n"
        f'client = connect("{each.name}", mode="sandbox", env=read_env())\n'
        f"{each.told().first_call}"
    )


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}```"


def troubleshooting(every: Iterable[Integration]) -> str:
    """Return the messages of every error, by service, as the drills provoke them."""
    parts = []
    for each in every:
        parts += [
            f"(troubleshooting-{each.name})=",
            f"## {each.title}",
            markdown_table(("You read", "Why, and what to do"), _grouped(each)),
        ]
    return "\n\n".join(parts)


def _grouped(each: Integration) -> list[tuple[str, str]]:
    # What follows each other with one and the same advice shares a row: NOAUTH, WRONGPASS, NOPERM.
    told = [_told(each, found) for found in provoked(each.name)]
    return [(_messages(group), advice) for advice, group in groupby(told, key=itemgetter(2))]


def _messages(told: Iterable[tuple[str, str, str]]) -> str:
    found: dict[str, list[str]] = {}
    for message, answer, _ in told:
        found.setdefault(message, []).append(answer)
    return "<br>".join(f"`{each}` {', '.join(answers)}".rstrip() for each, answers in found.items())


def _told(each: Integration, found: Provoked) -> tuple[str, str, str]:
    answer, what = found.mistake.answer, found.mistake.what
    if answer == HERE:
        why = f"{what[0].upper()}{what[1:]}."
        return found.message, "", f"{why} {found.mistake.advice}".strip()
    row = next(row for row in each.error_rows() if answer in row.status.split(", "))
    return found.message, answer, f"{row.meaning} {found.hint or row.hint}"
