"""Settings: declared once, read in one place, complained about all at once."""

import enum
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from integrations.core.errors import ConfigurationError

if TYPE_CHECKING:
    from dotenv.parser import Original


class Mode(enum.StrEnum):
    """Where a client's requests go.

    ``MOCK``: to a stateful fake, in this process. ``DEBUG``: they are built, validated and recorded
    in an outbox, and not sent. ``SANDBOX``: over real HTTP to the service's test side or to an
    endpoint given by the environment; live keys and unknown recipients are refused. ``LIVE``:
    to the service.
    """

    MOCK = "mock"
    DEBUG = "debug"
    SANDBOX = "sandbox"
    LIVE = "live"


MODES = ", ".join(Mode)
REAL = (Mode.SANDBOX, Mode.LIVE)


def resolve_mode(name: str, mode: str | None, env: Mapping[str, str]) -> Mode:
    """Return the mode: the argument, else ``<NAME>_MODE``, else ``INTEGRATIONS_MODE``.

    Raises:
        ConfigurationError: it is not set, or not one of the four.
    """
    own = f"{name.upper()}_MODE"
    shared = "INTEGRATIONS_MODE"
    sources = (("mode", mode), (own, env.get(own)), (shared, env.get(shared)))
    for source, value in sources:
        if value:
            try:
                return Mode(value.strip().lower())
            except ValueError:
                raise ConfigurationError(
                    f"{source}: {value!r} is no mode. The four modes are {MODES}."
                ) from None
    raise ConfigurationError(
        f"{name}: no mode is set. Pass mode=, or set {own} or INTEGRATIONS_MODE. "
        f"The four modes are {MODES}."
    )


class Secret:
    """A string that is never shown: not by repr, str or format, and not in a traceback.

    Call :meth:`reveal` where it has to be used.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap ``value``."""
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        """Show that something is there, and nothing of it."""
        return "Secret('…')" if self._value else "Secret('')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        """Tell whether there is a value."""
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare the values."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash the value."""
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be pickled: a pickle is a file or a message with the secret in it."""
        raise TypeError("a Secret is not pickled; pass the name of its setting instead")


_PLACEHOLDER = re.compile(
    r"^(__.*__|<.*>|\{.*\}|\.\.\.|…|x{3,}|(your|my|insert|replace|change)[-_ ].*"
    r"|todo|tbd|placeholder"
    r"|example|changeme|none|null)$",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Tell whether somebody forgot to replace an example value, such as ``__loops_id__``."""
    return bool(_PLACEHOLDER.match(value.strip()))


@dataclass(frozen=True)
class Setting:
    """One environment variable of an integration.

    Attributes:
        name: as the vendor spells it.
        help: what it is, in one line.
        where: where to get the value, in one line.
        required: the modes in which a client cannot be made without it.
        default: used when it is unset, in every mode.
        mock: used when it is unset in mock mode, so that examples run without a ``.env``.
        secret: its value is never shown.
        check: returns what is wrong with a value, or None. It must not repeat a secret's value.
        kind: what ``doctor`` calls a good value, such as ``"test key"``.
    """

    name: str
    help: str
    where: str = ""
    required: tuple[Mode, ...] = ()
    default: str = ""
    mock: str = ""
    secret: bool = False
    check: Callable[[str], str | None] | None = None
    kind: Callable[[str], str] | None = None

    def problem(self, value: str) -> str | None:
        """Return what is wrong with a value that is set, or None."""
        if is_placeholder(value):
            return "is still a placeholder"
        return self.check(value) if self.check else None


def load(
    provider: str, settings: Iterable[Setting], env: Mapping[str, str], mode: Mode
) -> dict[str, str]:
    """Read and check the settings of an integration.

    Placeholders in settings that the mode does not require come back as they are: the call that
    needs one refuses it.

    Raises:
        ConfigurationError: listing everything that is missing, a placeholder, or malformed, and
            where to get it.
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for setting in settings:
        value = env.get(setting.name, "").strip()
        if not value:
            value = (setting.mock if mode is Mode.MOCK else "") or setting.default
            if not value and mode in setting.required:
                problems.append(
                    f"{setting.name} is missing: {setting.help} {setting.where}".strip()
                )
        elif is_placeholder(value):
            if mode in setting.required:
                problems.append(f"{setting.name} is still a placeholder. {setting.where}".strip())
        elif setting.check and (wrong := setting.check(value)):
            problems.append(f"{setting.name} {wrong}")
        values[setting.name] = value
    if problems:
        raise ConfigurationError(f"{provider}: not configured for mode {mode}:", problems=problems)
    return values


def split_list(value: str) -> tuple[str, ...]:
    """Split a comma-separated setting; blanks are dropped."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def read_env(path: Path | str | None = ".env") -> dict[str, str]:
    """Return the environment, with what a ``.env`` file adds to it.

    What is set in the environment wins. A missing file is fine. Only the command line and the
    notebooks call this; the library itself never reads a file.

    Raises:
        ConfigurationError: naming each line of the file that cannot be read, without its text.
    """
    file = {} if path is None or not Path(path).is_file() else _parse(Path(path))
    return {**file, **os.environ}


def _parse(path: Path) -> dict[str, str]:
    import io

    from dotenv.parser import parse_stream

    try:
        # Editors on Windows put a mark before the first name, which would become part of it.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.__class__.__name__}") from error
    bindings = list(parse_stream(io.StringIO(text)))
    bad = [_line(binding.original) for binding in bindings if binding.error]
    if bad:
        raise ConfigurationError(
            f"{path}: cannot be read. Write NAME=value, one on a line:",
            problems=[f"line {line}" for line in bad],
        )
    return {b.key: b.value for b in bindings if b.key and b.value is not None}


def _line(original: "Original") -> int:
    # python-dotenv counts from the blank lines before a binding (1.2, 2026-11).
    blank = original.string[: len(original.string) - len(original.string.lstrip())]
    return original.line + blank.count("\n")
