"""What each event tells of which record: pure functions, from an event to facts."""

from integrations.core.webhook_store import Event
from integrations.stripe import payment_changes, subscription_changes
from integrations.stripe.change import Change

_READERS = {**payment_changes.READERS, **subscription_changes.READERS}


def changes_of(event: Event) -> tuple[Change, ...]:
    """Return what a snapshot event tells; nothing for one that the records do not use.

    Raises:
        ValueError: the object lacks what Stripe's API promises. Check the endpoint's API version.
    """
    read = _READERS.get(event.type)
    if read is None or event.payload.get("object") != "event":
        return ()
    try:
        return tuple(read(event.payload["data"]["object"], event))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        version = event.payload.get("api_version")
        raise ValueError(
            f"stripe: {event.type} {event.id} (API version {version}) is not as expected: "
            f"{type(error).__name__} {error}"
        ) from error
