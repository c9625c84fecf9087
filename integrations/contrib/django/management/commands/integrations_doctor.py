"""``manage.py integrations_doctor``: what is set, what is not, and the next step."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.commands.doctor import examine_all, report
from integrations.contrib.django import conf
from integrations.core.config import MODES
from integrations.core.errors import ConfigurationError
from integrations.core.registry import find


class Command(BaseCommand):
    """``python -m integrations doctor`` with the environment of this site, for its services."""

    help = "Tell what is configured and what is missing. No value is shown."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", nargs="?", help="one service; those of the site if left out")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--mode", help=f"judge for this mode: {MODES}")
        parser.add_argument(
            "--online", action="store_true", help="ask the service if the key works"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the findings; the exit status is 1 when something is not ready."""
        try:
            name = options["name"]
            chosen = [find(name)] if name else list(conf.services().values())
            env = conf.env()
        except ConfigurationError as error:
            raise CommandError(str(error)) from error
        findings = examine_all(chosen, env, mode=options["mode"], online=options["online"])
        self.stdout.write(report(findings, as_json=options["json"]))
        if not all(finding.ready for finding in findings):
            sys.exit(1)
