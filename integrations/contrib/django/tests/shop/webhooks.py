"""Handlers that write a note; a test says what else they do."""

from collections.abc import Callable

from integrations.contrib.django.tests.shop.models import Note
from integrations.contrib.django.webhooks import pipeline
from integrations.core.webhook_store import Event

# What a test wants to happen after the note is written.
then: list[Callable[[Event], object]] = []


@pipeline("stripe").on("customer.created")
@pipeline("loops").on("*")
@pipeline("twilio").on("*")
def note(event: Event) -> object:
    Note.objects.create(text=event.id)
    answers = [each(event) for each in then]
    return answers[-1] if answers else None
