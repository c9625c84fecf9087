"""``manage.py replay_webhooks``: handle kept webhooks again."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.contrib.django import conf
from integrations.contrib.django.kept import replay, unsettled
from integrations.core.errors import ConfigurationError


class Command(BaseCommand):
    """Handle again what failed, or what a worker left that died; or one event."""

    help = "Handle received webhooks again: those that failed, or one by its id."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("service", nargs="?", help="one service; those of the site if left out")
        parser.add_argument("--id", help="one event, by the vendor's id; needs a service")
        parser.add_argument("--unhandled", action="store_true", help="also what had no handler")
        parser.add_argument(
            "--force", action="store_true", help="with --id: also what was handled, or is stale"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print an outcome for each; the exit status is 1 when one was not settled."""
        if options["id"] is not None and not options["service"]:
            raise CommandError("--id: name the service as well, such as: stripe --id evt_1")
        if options["force"] and options["id"] is None:
            raise CommandError("--force: name one event as well, with --id")
        statuses = [self._replay(*each, force=options["force"]) for each in _chosen(options)]
        self.stdout.write(f"{len(statuses)} tried again, {_bad(statuses)} not settled")
        if _bad(statuses):
            sys.exit(1)

    def _replay(self, service: str, event_id: str, *, force: bool) -> int:
        try:
            result = replay(service, event_id, force=force)
        except LookupError as error:
            raise CommandError(str(error)) from error
        told = f"{service} {event_id} {result.outcome}"
        self.stdout.write(f"{told}: {result.reason}" if result.reason else told)
        return result.status


def _chosen(options: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        served = [name for name, each in conf.services().items() if each.events]
    except ConfigurationError as error:
        raise CommandError(str(error)) from error
    service = options["service"]
    if service and service not in served:
        raise CommandError(f"{service!r} is not among the services with webhooks: {served}")
    if options["id"] is not None:
        return [(service, options["id"])]
    names: Iterable[str] = [service] if service else served
    return list(unsettled(names, unhandled=options["unhandled"]))


def _bad(statuses: list[int]) -> int:
    return sum(status != 200 for status in statuses)
