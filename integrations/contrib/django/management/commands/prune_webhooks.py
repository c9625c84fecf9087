"""``manage.py prune_webhooks``: delete webhooks that were settled long ago."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.contrib.django.kept import prune


class Command(BaseCommand):
    """Delete what was settled long ago; never what is being handled, nor what failed."""

    help = "Delete received webhooks that were settled more than so many days ago."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--older-than", type=float, required=True, metavar="DAYS")
        parser.add_argument("--failed", action="store_true", help="also what failed")

    def handle(self, *_: Any, **options: Any) -> None:
        """Delete, and tell how many."""
        days = options["older_than"]
        if not days >= 4:
            # Stripe sends an event again for three days; a forgotten one would be handled twice.
            raise CommandError("--older-than: at least 4 days; vendors send again for three")
        self.stdout.write(f"{prune(days, failed=options['failed'])} deleted")
