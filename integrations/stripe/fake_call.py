"""One call as the operations of the fake see it."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.stripe.fake_state import Obj, State, fail


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


def refuse_unplayed(params: Obj, names: tuple[str, ...]) -> None:
    """Refuse what the API takes, and the fake would otherwise pass over in silence."""
    for name in names:
        if name in params:
            fail(f"{name}: the fake does not play this parameter. Nothing was changed.", param=name)
