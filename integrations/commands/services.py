"""The overview of services, made from the manifests and from the code that they name."""

from collections.abc import Iterable

from integrations.commands.tables import markdown_table
from integrations.core.registry import Integration


def overview(every: Iterable[Integration]) -> str:
    """Return which service meets which need, side by side, then what each of them does."""
    every = list(every)
    parts = [_matrix(every)]
    for each in every:
        guides = ", ".join(f"{{doc}}`../notebooks/{name}`" for name in each.notebooks)
        parts += [
            f"(service-{each.name})=",
            f"## {each.title}",
            f"{each.summary} Guides: {guides}. Reference: {{doc}}`reference/api-{each.name}`. "
            f"The vendor's own documentation: <{each.docs}>.",
            markdown_table(("What it does here", "Where"), _features(each)),
            markdown_table((f"{each.title} at a glance", ""), _glance(each)),
        ]
    return "\n\n".join(parts)


def _features(each: Integration) -> list[tuple[str, str]]:
    return [(feature.name, f"`{feature.symbol}`") for feature in each.features]


def _glance(each: Integration) -> list[tuple[str, str]]:
    told = each.told()
    return [
        ("To try it", told.sandbox),
        ("For testing", told.test_data),
        ("Webhooks", told.signature),
        ("What makes a repeat safe", told.repeats),
        ("What the client repeats by itself", _repeated(each)),
        ("How much it takes", told.pace),
        ("Timeout", f"{_timeout(each)} s for the connection, and for each reply."),
        ("What is charged for", told.cost),
        ("The fake has", told.fake_has),
        ("Only the service shows", told.fake_lacks),
    ]


def _repeated(each: Integration) -> str:
    """Return which answers are tried again, and when, as the error map says."""
    found: dict[str, list[str]] = {}
    for row in each.error_rows():
        if not row.retried.startswith("never"):
            found.setdefault(row.retried, []).append(row.status)
    return ". ".join(f"{', '.join(answers)}: {when}" for when, answers in found.items()) + "."


def _timeout(each: Integration) -> str:
    name = f"{each.name.upper()}_TIMEOUT"
    return next((s.default for s in each.settings if s.name == name), "10")


def _matrix(every: list[Integration]) -> str:
    def row(name: str, values: Iterable[object]) -> tuple[str, ...]:
        return (name, *(str(value) for value in values))

    needs = dict.fromkeys(f.need for each in every for f in each.features if f.need)
    rows = [
        *(row(_capital(need), (_meeting(each, need) for each in every)) for need in needs),
        row("Check key or connection", (f"`{each.probe}`" for each in every)),
        row("Webhook events", (len(each.event_types()) or "—" for each in every)),
        row("Settings that it needs", (sum(bool(s.required) for s in e.settings) for e in every)),
        row("Secrets to keep, at most", (sum(s.secret for s in e.settings) for e in every)),
        row("Timeout, s", (_timeout(each) for each in every)),
    ]
    return markdown_table(("", *(each.title for each in every)), rows)


def _meeting(each: Integration, need: str) -> str:
    found = [f"{{ref}}`{f.name} <service-{each.name}>`" for f in each.features if f.need == need]
    return ", ".join(found) or "—"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
