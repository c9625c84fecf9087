"""What the database keeps: received webhooks, and what each is about."""

from typing import Any

from django.db import models

from integrations.core.webhook_store import State

STATES = [(str(state), str(state)) for state in State]


class Subject(models.Model):
    """Something whose state events describe, such as one subscription.

    Of the claims on one subject only the last can be ended, and an event older than the newest
    handled one is stale.

    Attributes:
        provider: the integration's name.
        key: SHA-256 of the subject's name, in hex: every database compares it exactly, whatever is
            in the name.
        holder: the ``key`` of the event that was claimed last; empty when no claim is open.
        busy_until: Unix time at which that claim ends by itself.
        newest: Unix time at which the newest handled event was created; None when there is none.
    """

    provider = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    holder = models.CharField(max_length=64, blank=True, default="")
    busy_until = models.FloatField(default=0.0)
    newest = models.FloatField(null=True)

    class Meta:
        """A provider's subject is one row."""

        constraints = (
            models.UniqueConstraint(fields=["provider", "key"], name="integrations_one_subject"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.key[:12]}"


class ReceivedEvent(models.Model):
    """A webhook event that was verified.

    Times are Unix times, as in the rest of the package, so that they mean the same whatever
    ``USE_TZ`` and ``TIME_ZONE`` are.

    Attributes:
        provider: the integration's name.
        key: SHA-256 of the vendor's id of the event, in hex: every database compares it exactly,
            whatever its length, case and characters. Unique within a provider.
        event_id: the vendor's id, for people: cut, and without control characters.
        event_type: the vendor's name of the event, for people.
        created: Unix time at which the vendor says it happened.
        received: Unix time at which it was claimed first.
        subject: what the event describes, when it describes something that changes.
        envelope: id, type, subject and payload as JSON, exactly as they were verified. Text, since
            the JSON types of databases refuse or change some of what vendors may send.
        body: the raw bytes that were signed.
        state: what has become of it: claimed, handled, unhandled, stale or failed.
        attempts: how often it was claimed. The number is also the claim's token.
        claimed_until: Unix time at which the claim ends by itself; 0 when none is open.
        error: the name of the exception of the last failed attempt.
    """

    provider = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    event_id = models.CharField("event id", max_length=255)
    event_type = models.CharField("type", max_length=255)
    created = models.FloatField()
    received = models.FloatField()
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="events")
    envelope = models.TextField()
    body = models.BinaryField()
    state = models.CharField(max_length=16, choices=STATES)
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.FloatField(default=0.0)
    error = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        """A provider's event is one row; the indexes serve the list, the replay and the pruning."""

        verbose_name = "received webhook"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["provider", "key"], name="integrations_one_event"),
        )
        indexes = (
            models.Index(fields=["provider", "id"], name="integrations_by_provider"),
            models.Index(fields=["state", "received"], name="integrations_by_state"),
        )
        permissions = (
            ("replay_receivedevent", "Can handle received webhooks again"),
            ("read_receivedevent_body", "Can read the bodies of received webhooks"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


def shown(text: Any, limit: int = 255) -> str:
    """Return a text as people read it and every column takes it: printable, and not too long."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text)[:limit])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
