"""One call as the operations of the fake see it."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.stripe.fake_state import Obj, State


@dataclass(frozen=True)
class Call:
    """The state, the checked parameters, and the ids in the path."""

    state: State
    params: Obj
    ids: tuple[str, ...]
    path: str

    @property
    def id(self) -> str:
        """The first id in the path."""
        return self.ids[0]


Operation = Callable[[Call], Obj]
