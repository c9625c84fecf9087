"""The view that takes the webhooks of every service."""

from django.core.exceptions import RequestDataTooBig
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from integrations.contrib.django import conf
from integrations.contrib.django.webhooks import pipeline
from integrations.core.errors import ConfigurationError
from integrations.core.log import get_logger
from integrations.core.webhooks import MAX_BODY_BYTES


# A failure is mailed to ADMINS, with what was posted: what customers wrote.
@csrf_exempt
@sensitive_post_parameters()
@require_POST
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a delivery: verify it, keep it, run its handlers, and answer as the vendor needs it.

    ======  =====================================================================================
    status  why
    ======  =====================================================================================
    404     the service is not in ``INTEGRATIONS``, or sends no webhooks
    405     not a POST
    413     more than 1 MiB, or than ``DATA_UPLOAD_MAX_MEMORY_SIZE``
    500     what a handler returned cannot be a reply, such as a text message that is too long: it
            was handled, and the log says what is wrong
    503     the service is not configured; the log says what is missing, the answer does not
    ======  =====================================================================================

    The rest is the pipeline's: :mod:`integrations.core.webhooks`. The answer's body is one word, or
    what the vendor reads, such as TwiML.
    """
    try:
        service = conf.services().get(provider)
        if service is None or not service.events:
            return _told(404, "not_found")
        body = _body(request)
        if body is None:
            return _told(413, "too_large")
        result = pipeline(provider).receive(body, request.headers, target=target_of(request))
    except UnreadablePostError:
        return _told(400, "unreadable")
    except ConfigurationError as error:
        # Lines of its own: what is missing is a list.
        get_logger(provider).error("webhooks cannot be verified: %s", error)
        return _told(503, "not_configured")
    try:
        content_type, text = service.reply_to(result)
    except ValueError as error:
        # The event stays handled: what the handlers wrote is committed.
        get_logger(provider).error("%s: no reply: %s", result.event, error)
        return _told(500, "no_reply")
    return HttpResponse(text, status=result.status, content_type=content_type)


# With ATOMIC_REQUESTS a failed handler would undo the claim, and with it the record of the failure.
for _alias in connections:
    receive = transaction.non_atomic_requests(using=_alias)(receive)


def target_of(request: HttpRequest) -> str:
    """Return the path and the query as they were asked for; some vendors sign them.

    The host is not taken from the request: behind a proxy it is another, and anybody can set it.
    """
    query = request.META.get("QUERY_STRING", "")
    # get_full_path() would quote the query once more, and no signature would fit.
    path = request.get_full_path().partition("?")[0]
    return f"{path}?{query}" if query else path


def _body(request: HttpRequest) -> bytes | None:
    """Return the raw body, or None when it is too large. The announced length comes first."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdecimal():
        raise UnreadablePostError("Content-Length is no number")
    if int(announced) > MAX_BODY_BYTES:
        return None
    try:
        return bytes(request.body)
    except RequestDataTooBig:
        return None


def _told(status: int, word: str) -> HttpResponse:
    return HttpResponse(word, status=status, content_type="text/plain")
