"""A function whose results are cached, and the ids that they are kept under."""

import functools
import hashlib
import inspect
import json
import re
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar
from urllib.parse import quote

from integrations.redis import arguments as check

if TYPE_CHECKING:
    from integrations.redis.cache import Cache, Policy

P = ParamSpec("P")
T = TypeVar("T")


def id_of(name: str, *parts: object) -> str:
    """Return an id for what depends on ``parts``; they are hashed, so they may be long.

    The parts are a query's text and parameters, or what a template fragment varies on.

    Raises:
        InvalidRequestError: a part cannot be written as JSON, so it has no lasting name.
    """
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        check.refuse("parts", f"cannot name a value ({error}); give a key of your own")
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


class Cached(Generic[P, T]):
    """A function whose results are cached; call it as before."""

    def __init__(
        self, cache: "Cache", function: Callable[P, T], policy: "Policy", key: str | None
    ) -> None:
        """See :meth:`integrations.redis.cache.Cache.cached`."""
        functools.update_wrapper(self, function)
        self._cache = cache
        self._function = function
        self._policy = policy
        self._signature = inspect.signature(function)
        self._template = None if key is None else _Template(key, self._signature)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the cached result, or call the function."""
        id = self.id(*args, **kwargs)
        return self._cache.get_or_load(id, lambda: self._function(*args, **kwargs), self._policy)

    def id(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the id under which the result of a call is kept."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        if self._template is not None:
            return self._template.format(bound.arguments)
        function = self._function
        name = f"{function.__module__}.{function.__qualname__}".replace("<locals>.", "")
        return id_of(name, dict(bound.arguments))

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Forget the result of a call with these arguments."""
        self._cache.invalidate(self.id(*args, **kwargs))


class _Template(string.Formatter):
    """A key with arguments in braces. Two calls share a key only if their arguments read the same.

    A single argument stands in the key as it is. Where there are more, what could be taken for the
    text between them is percent-encoded: ``("a:b", "c")`` and ``("a", "b:c")`` stay two.
    """

    def __init__(self, key: str, signature: inspect.Signature) -> None:
        try:
            parsed = list(self.parse(key))
        except ValueError as wrong:
            check.refuse("key", f"is no template ({wrong})")
        fields = [field for _, field, _, _ in parsed if field is not None]
        for field in fields:
            if (name := re.split(r"[.\[]", field)[0]) not in signature.parameters:
                check.refuse("key", f"names {name!r}, and the function has no such argument")
        between = [text for text, field, _, _ in parsed[1:] if field is not None]
        if any(quote(text, safe="") == text for text in between):
            check.refuse("key", "leaves open where an argument ends; put a ':' between two of them")
        self._key = key
        self._many = len(fields) > 1

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return an argument as it stands in the key."""
        written = str(super().format_field(value, format_spec))
        return quote(written, safe="", errors="surrogatepass") if self._many else written

    def format(self, arguments: dict[str, Any]) -> str:  # type: ignore[override]
        """Return the key of a call."""
        return self.vformat(self._key, (), arguments)
