"""What redis-py raises, by meaning."""

import redis.exceptions as sdk

from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.registry import ErrorRow

ERRORS = (
    ErrorRow(
        "NOAUTH, WRONGPASS, NOPERM",
        AuthenticationError,
        "The user or the password is not accepted, or the ACL does not allow the command.",
        "never",
        "Check the user and password in REDIS_URL, and the user's ACL.",
    ),
    ErrorRow(
        "WRONGTYPE, CROSSSLOT, ERR",
        InvalidRequestError,
        "The command does not fit the key, the cluster's slots, or the server's version.",
        "never",
        "Read the message. Keys are made by RedisClient.key: something else may use the prefix.",
    ),
    ErrorRow(
        "EXECABORT, WATCH",
        ConflictError,
        "The key was changed by somebody else meanwhile.",
        "never",
        "Read again, and repeat the change.",
    ),
    ErrorRow(
        "no such key",
        NotFoundError,
        "A lock or a session that has ended, or never was.",
        "never",
        "Acquire the lock again; ask the user to log in again.",
    ),
    ErrorRow(
        "limit reached",
        RateLimitedError,
        "A limiter of this package refused the call.",
        "never",
        "Wait for retry_after seconds.",
    ),
    ErrorRow(
        "LOADING, READONLY, CLUSTERDOWN, MASTERDOWN, TRYAGAIN, OOM, BUSY",
        UnavailableError,
        "The server is starting, failing over, full, or busy; it has done nothing.",
        "always",
        "Try again later. OOM: look at maxmemory and its policy.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "connection failures always; else reads, and writes that may be repeated",
        "Check that the server runs and can be reached.",
    ),
)
_HINTS = {row.error: row.hint for row in ERRORS}

# The second is no subclass of the first (8.1).
SDK_ERRORS = (sdk.RedisError, sdk.RedisClusterException)
SDKError = sdk.RedisError | sdk.RedisClusterException

_REFUSED = (
    sdk.BusyLoadingError,
    sdk.ReadOnlyError,
    sdk.OutOfMemoryError,
    sdk.MasterDownError,
    sdk.TryAgainError,
    sdk.MaxConnectionsError,
    # Sent from node to node until nobody was left to ask.
    sdk.ClusterError,
)
_REFUSED_CODES = ("LOADING", "READONLY", "OOM", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY")
_DENIED = (
    sdk.AuthenticationError,
    sdk.AuthenticationWrongNumberOfArgsError,
    sdk.NoPermissionError,
)
_DENIED_CODES = ("NOAUTH", "WRONGPASS", "NOPERM")


def translate(error: SDKError, *, writes: bool) -> ProviderError:
    """Return our error for redis-py's. ``writes``: the command changes something."""
    if isinstance(error, sdk.RedisClusterException) and isinstance(error.__cause__, _DENIED):
        # A cluster that refuses the login is, to the SDK, one that cannot be connected.
        error = error.__cause__
    code = _code(error)
    if isinstance(error, _DENIED) or code in _DENIED_CODES:
        return _made(AuthenticationError, "the server does not accept the login or command", code)
    if isinstance(error, _REFUSED) or code in _REFUSED_CODES:
        what = "no connection is free" if isinstance(error, sdk.MaxConnectionsError) else ""
        return _made(UnavailableError, what or "the server cannot serve now", code or _name(error))
    if isinstance(error, sdk.WatchError | sdk.ExecAbortError):
        return _made(ConflictError, "somebody else changed the key meanwhile", code)
    if isinstance(error, sdk.ConnectionError | sdk.TimeoutError | sdk.RedisClusterException):
        return _no_reply(error, writes=writes)
    return _made(InvalidRequestError, _text(error), code or _name(error))


def _no_reply(error: SDKError, *, writes: bool) -> NetworkError:
    never_sent = was_never_sent(error)
    late = isinstance(error, sdk.TimeoutError)
    what = "no connection" if never_sent else "no reply in time" if late else "the reply was lost"
    return NetworkError(
        f"{what} ({_name(error)}).",
        provider="redis",
        outcome_unknown=writes and not never_sent,
        hint=_HINTS[NetworkError],
    )


_MARK = "never_sent"


def mark_never_sent(error: BaseException) -> None:
    """Note on an error that it came before the command was sent."""
    setattr(error, _MARK, True)


def was_never_sent(error: BaseException) -> bool:
    """Tell whether the command cannot have reached the server."""
    if getattr(error, _MARK, False):
        return True
    if not isinstance(error, sdk.RedisClusterException | sdk.SlotNotCoveredError):
        return False
    # After a lost reply, the cluster's client asks for the slots, and this is how that may end:
    # the first error says whether anything was sent.
    first = error.__context__
    return not isinstance(first, SDK_ERRORS) or was_never_sent(first)


def _made(kind: type[ProviderError], message: str, code: str | None) -> ProviderError:
    return kind(message, provider="redis", code=code, hint=_HINTS[kind])


def _name(error: BaseException) -> str:
    return type(error).__name__


def _said(error: SDKError) -> str:
    # A pipeline puts the whole command, values included, before what the server said.
    return str(error).rpartition("caused error: ")[2]


def _code(error: SDKError) -> str | None:
    word = _said(error).partition(" ")[0]
    return word if word.isupper() and word.isalpha() else None


def _text(error: SDKError) -> str:
    # The server repeats the arguments of a command that it does not know: they may be secret.
    return _said(error).partition(", with args")[0][:300] or _name(error)
