"""Received webhooks in Django's admin: to look at, and to handle again."""

from typing import Any

from django.contrib import admin, messages
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from integrations.contrib.django.event_store import DjangoEventStore
from integrations.contrib.django.kept import replay
from integrations.contrib.django.models import ReceivedEvent
from integrations.core.errors import ConfigurationError
from integrations.core.views import moment

BODY_SHOWN = 10_000


@admin.register(ReceivedEvent)
class ReceivedEventAdmin(admin.ModelAdmin):
    """A list to read. Nothing is added, changed or deleted by hand: a claim is a worker's.

    Bodies hold what people wrote and where they live: they are shown to those who have the
    permission ``integrations.read_receivedevent_body``, and superusers. To handle events again
    takes ``integrations.replay_receivedevent``.
    """

    list_display = (
        "event_id",
        "provider",
        "event_type",
        "state",
        "attempts",
        "error",
        "received_at",
    )
    list_filter = ("provider", "state", "event_type")
    search_fields = ("event_id", "error")
    ordering = ("-pk",)
    # Counting a large table takes long.
    show_full_result_count = False
    actions = ("handle_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceivedEvent]:
        """Leave the bodies where they are: a list of them is many megabytes."""
        return super().get_queryset(request).defer("body", "envelope")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Refuse a filter in the URL on what is not shown: it would tell a body bit by bit."""
        return lookup.partition("__")[0] not in ("body", "envelope") and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or do an action."""
        return super().changelist_view(request, extra_context)

    # With ATOMIC_REQUESTS no event could be claimed.
    for _alias in connections:
        changelist_view = transaction.non_atomic_requests(using=_alias)(changelist_view)
    del _alias

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what is shown of one event."""
        shown = ["provider", "event_id", "event_type", "created_at", "received_at", "state"]
        shown += ["attempts", "claimed", "error"]
        return [*shown, "raw_body"] if self.has_read_body_permission(request) else shown

    get_readonly_fields = get_fields

    @admin.display(description="created", ordering="created")
    def created_at(self, row: ReceivedEvent) -> str:
        """Write when the vendor says it happened."""
        return moment(row.created)

    @admin.display(description="received", ordering="received")
    def received_at(self, row: ReceivedEvent) -> str:
        """Write when it was claimed first."""
        return moment(row.received)

    @admin.display(description="claimed until", empty_value="-")
    def claimed(self, row: ReceivedEvent) -> str | None:
        """Write when the claim ends by itself."""
        return moment(row.claimed_until) if row.claimed_until else None

    @admin.display(description="body")
    def raw_body(self, row: ReceivedEvent) -> str:
        """Write the body as text, cut."""
        return bytes(row.body)[:BODY_SHOWN].decode("utf-8", "backslashreplace")

    @admin.action(description="Handle again", permissions=["replay"])
    def handle_again(self, request: HttpRequest, rows: QuerySet[ReceivedEvent]) -> None:
        """Handle again what failed, was left by a worker that died, or had no handler."""
        store = DjangoEventStore()
        for row in rows.order_by("pk"):
            try:
                result = replay(row.provider, store.stored(row).event.id)
            except (LookupError, ConfigurationError, ReceivedEvent.DoesNotExist) as error:
                self.message_user(request, f"{row.event_id}: {error}", messages.ERROR)
                continue
            level = messages.SUCCESS if result.status == 200 else messages.ERROR
            self.message_user(request, f"{result.outcome}: {row.event_id}", level)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Tell whether a user may handle events again."""
        return bool(request.user.has_perm("integrations.replay_receivedevent"))

    def has_read_body_permission(self, request: HttpRequest) -> bool:
        """Tell whether a user may read bodies."""
        return bool(request.user.has_perm("integrations.read_receivedevent_body"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: events come from vendors."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: events are what vendors say."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a deleted event would be handled again; ``prune_webhooks`` deletes old ones."""
        return False
