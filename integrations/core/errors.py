"""One tree of errors for every service.

::

    IntegrationError
    ├── ConfigurationError        a setting is missing, a placeholder, malformed or unknown
    ├── BulkStoppedError          a bulk send ended early; ``result`` has every end (core.bulk)
    ├── GuardError                a mode refused the call before a byte left
    ├── NotSentError              debug mode was asked for something only the service can answer
    ├── SignatureError            a webhook that is not proven to come from the service
    │   └── MalformedEventError   it comes from the service, and cannot be read
    └── ProviderError             the service was asked (or would have refused)
        ├── AuthenticationError   401, 403: the key is wrong or lacks the right
        ├── InvalidRequestError   400, or refused here before any request; also a ValueError
        ├── NotFoundError         404
        ├── ConflictError         409: it exists already
        │   └── DuplicateRequestError   409: the idempotency key was used before
        ├── RateLimitedError      429, with ``retry_after``
        ├── UnavailableError      5xx, or a reply that cannot be read
        └── NetworkError          no reply: refused, timed out, dropped

Client methods raise; none of them returns ``{"success": False}``. The library's or vendor's own
exception is always the ``__cause__``.
"""

from collections.abc import Sequence


class IntegrationError(Exception):
    """Base of everything this package raises on purpose."""


class ConfigurationError(IntegrationError):
    """A setting is missing, a placeholder, malformed or unknown.

    ``problems`` lists every one of them, so that a newcomer fixes all in one go.
    """

    def __init__(self, message: str, *, problems: Sequence[str] = ()) -> None:
        """Join ``message`` and the list of ``problems`` into one text."""
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  - {problem}" for problem in self.problems)]))


class GuardError(IntegrationError):
    """Sandbox mode refused a call before a byte left."""


class NotSentError(IntegrationError):
    """Debug mode recorded a question whose answer only the service knows."""


class SignatureError(IntegrationError):
    """A webhook is not proven to come from the service: forged, altered, too old, or malformed."""


class MalformedEventError(SignatureError):
    """A webhook is signed by the service, and is no event that can be read.

    Most often the endpoint sends another version of the API than the one that is read here.
    """


class ProviderError(IntegrationError):
    """A service refused, failed, or did not answer.

    Attributes:
        provider: the integration's name, for example ``"loops"``.
        status: HTTP status, or None when no reply was read.
        code: the vendor's own error code, where it has one.
        request_id: the vendor's id of the request, where it has one.
        argument: the argument or field that was refused, where it is known.
        retryable: whether the same call may succeed later.
        retry_after: seconds the service asked to wait, where it said so.
        outcome_unknown: whether the call may have taken effect all the same.
        hint: what to do next.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        argument: str | None = None,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        hint: str | None = None,
    ) -> None:
        """Keep the facts as attributes; the text is built from them."""
        self.message = message
        self.provider = provider
        self.status = status
        self.code = code
        self.request_id = request_id
        self.argument = argument
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown
        self.hint = hint
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling: a pool of processes sends errors back that way."""
        return _restored, (type(self), self.message, self.provider), self.__dict__

    def __str__(self) -> str:
        """Say who, what, and what to do next, in one line."""
        status = f" {self.status}" if self.status is not None else ""
        end = "" if self.message.endswith((".", "!", "?")) else "."
        parts = [f"{self.provider}{status}: {self.message}{end}"]
        if self.outcome_unknown:
            parts.append("The call may have taken effect.")
        if self.hint:
            parts.append(self.hint)
        return " ".join(parts)


def _restored(kind: type[ProviderError], message: str, provider: str) -> ProviderError:
    return kind(message, provider=provider)


class AuthenticationError(ProviderError):
    """The service does not accept the key, or the key lacks the right."""


class InvalidRequestError(ProviderError, ValueError):
    """The request is wrong. With ``status`` None it was refused here, before any request."""


class NotFoundError(ProviderError):
    """The service knows no such thing."""


class ConflictError(ProviderError):
    """It exists already, or is being changed by someone else."""


class DuplicateRequestError(ConflictError):
    """The idempotency key was used before: the service did nothing this time."""


class RateLimitedError(ProviderError):
    """Too many requests. The service did nothing; the same call may be repeated later."""

    retryable = True


class UnavailableError(ProviderError):
    """The service failed, or its reply cannot be read."""

    retryable = True


class NetworkError(ProviderError):
    """No reply. ``outcome_unknown`` tells a lost reply from a request that never left."""

    retryable = True
