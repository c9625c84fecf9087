"""Handlers that write a note; a test says what else they do."""

from collections.abc import Callable

from integrations.contrib.django.tests.shop.models import Note
from integrations.contrib.django.webhooks import pipeline
from integrations.core.webhook_store import Event

# What a test wants to happen before and after the note is written.
before: list[Callable[[Event], object]] = []
then: list[Callable[[Event], object]] = []


@pipeline("stripe").on("customer.created")
@pipeline("loops").on("*")
@pipeline("twilio").on("*")
def note(event: Event) -> object:
    for each in before:
        each(event)
    Note.objects.create(text=event.id)
    answers = [each(event) for each in then]
    return answers[-1] if answers else None
