"""For your own tests: let a fake post to your site, through all of Django.

::

    def test_a_paid_invoice_is_recorded(fake_stripe, ...):
        ...
        fake_stripe.webhooks.deliver(receiver("/webhooks/stripe/"))

Set ``CLOCK`` in ``INTEGRATIONS`` to the fake's clock: a signature holds for five minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.test import Client


@dataclass(frozen=True)
class Answered:
    """What your site answered: the status, the body, and its type."""

    status: int
    body: str
    content_type: str


def receiver(url: str) -> Callable[..., Answered]:
    """Return what a fake's ``webhooks.deliver`` posts to: your site, at ``url``.

    It comes as a vendor does: without a session and without a CSRF token; an exception in your site
    is a 500. A vendor that signs the URL posts to the one that it signed.
    """
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def receive(body: bytes, headers: Mapping[str, str], *, target: str = "") -> Answered:
        given = {name.lower(): value for name, value in headers.items()}
        content_type = given.pop("content-type", "application/json")
        answer = client.post(target or url, body, content_type=content_type, headers=given)
        return Answered(answer.status_code, answer.text, answer.headers["Content-Type"])

    return receive
