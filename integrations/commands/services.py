"""The overview of services and the set-up pages, made from the manifests."""

from collections.abc import Iterable

from integrations.commands.tables import markdown_table
from integrations.core.config import Mode, Setting
from integrations.core.registry import Integration

_MODES = (Mode.MOCK, Mode.DEBUG, Mode.SANDBOX, Mode.LIVE)


def overview(every: Iterable[Integration]) -> str:
    """Return what each service does here, and where."""
    every = list(every)
    parts = [_matrix(every)]
    for each in every:
        guides = ", ".join(f"{{doc}}`../notebooks/{name}`" for name in each.notebooks)
        rows = [(feature.name, f"`{feature.symbol}`") for feature in each.features]
        parts += [
            f"## {each.title}",
            f"{each.summary} Guides: {guides}. Reference: {{doc}}`reference/api-{each.name}`. "
            f"The vendor's own documentation: <{each.docs}>.",
            markdown_table(("What it does here", "Where"), rows),
        ]
    return "\n\n".join(parts)


def setup(every: Iterable[Integration]) -> str:
    """Return, for each service, the steps from no account to the first call that works."""
    parts = []
    for each in every:
        required = [s for s in each.settings if s.required]
        secrets = [s for s in each.settings if s.secret and not s.required]
        parts += [
            f"## {each.title}",
            "\n".join(
                [
                    f"1. **Account and key.** {each.credentials}",
                    "2. **`.env`.** Copy `.env.example` to `.env`, and set",
                    *_lines(required or each.settings[:1]),
                    *([_also(secrets)] if secrets else []),
                    f"3. **Doctor.** `python -m integrations doctor {each.name} --mode sandbox` "
                    "says what is missing; it never shows a value.",
                    f"4. **First call.** `python -m integrations doctor {each.name} --mode sandbox "
                    "--online` asks the service whether the key works.",
                    f"5. **The rest.** {_rest(each)}",
                ]
            ),
            f"When it does not work, look the message up in {{ref}}`the table of errors "
            f"<errors-{each.name}>`.",
        ]
    return "\n\n".join(parts)


def _also(secrets: list[Setting]) -> str:
    return "   - and, for webhooks and signatures:\n" + "\n".join(
        f"     - `{s.name}`: {s.help} {s.where}".rstrip() for s in secrets
    )


def _lines(settings: Iterable[Setting]) -> list[str]:
    return [f"   - `{s.name}`: {s.help} {s.where}".rstrip() for s in settings]


def _rest(each: Integration) -> str:
    guides = " and ".join(f"{{doc}}`../notebooks/{name}`" for name in each.notebooks)
    return f"Work through {guides}; each ends with what to do before going live."


def _matrix(every: list[Integration]) -> str:
    def row(name: str, values: Iterable[object]) -> tuple[str, ...]:
        return (name, *(str(value) for value in values))

    rows = [
        row("Modes", (", ".join(_MODES) for _ in every)),
        row("Webhook events", (len(each.event_types()) or "none" for each in every)),
        row("Secrets to rotate", (sum(s.secret for s in each.settings) for each in every)),
        row("Settings", (len(each.settings) for each in every)),
        row("Kinds of failure told apart", (len(each.error_rows()) for each in every)),
        row("A fake that keeps state", ("yes" for _ in every)),
    ]
    return markdown_table(("", *(each.title for each in every)), rows)
