"""What each event tells of which record: pure functions, from an event to facts."""

from integrations.core.webhook_store import Event
from integrations.stripe import payment_changes, subscription_changes
from integrations.stripe.change import Change
from integrations.stripe.shapes import flaw_of

_READERS = {**payment_changes.READERS, **subscription_changes.READERS}


def changes_of(event: Event) -> tuple[Change, ...]:
    """Return what a snapshot event tells; nothing for one that the records do not use.

    Raises:
        ValueError: the object is not as Stripe's API promises it.
    """
    read = _READERS.get(event.type)
    if read is None or event.payload.get("object") != "event":
        return ()
    held = event.payload["data"]["object"]
    # A webhook was looked at when it came in; an object that was fetched, or made by hand, was not.
    if flaw := flaw_of(event.type, held):
        raise ValueError(f"stripe: {event.id} cannot be read: {flaw}")
    return tuple(read(held, event))
