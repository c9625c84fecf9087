"""What the client returns: frozen dataclasses with the fields we teach, plus ``raw``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Account(Displayed):
    """The account that a key belongs to."""

    name: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Note(Displayed):
    """A note. ``sent`` is False in debug mode, and then there is no ``id``."""

    id: str | None
    to: str
    text: str
    sent: bool = True
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "Note":
        """Read a note as Acme writes it."""
        return cls(raw["id"], raw["to"], raw["text"], raw=raw)
