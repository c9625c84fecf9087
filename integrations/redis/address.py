"""Where the server is: every kind of address in one URL, and what is wrong with one that is not."""

import enum
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError


class Kind(enum.StrEnum):
    """How the server is set up."""

    SINGLE = "single"
    UNIX = "unix"
    CLUSTER = "cluster"
    SENTINEL = "sentinel"


_SCHEMES = {
    "redis": (Kind.SINGLE, False),
    "rediss": (Kind.SINGLE, True),
    "unix": (Kind.UNIX, False),
    "redis+cluster": (Kind.CLUSTER, False),
    "rediss+cluster": (Kind.CLUSTER, True),
    "redis+sentinel": (Kind.SENTINEL, False),
    "rediss+sentinel": (Kind.SENTINEL, True),
}
_PORTS = {Kind.SENTINEL: 26379}
# Everything else that redis-py reads from a query would override the client's safe defaults.
_OPTIONS = ("db", "ssl_ca_certs")


@dataclass(frozen=True)
class Address:
    """A server, a cluster or a set of sentinels.

    Attributes:
        kind: how it is set up.
        hosts: host and port of each; none for a Unix socket.
        path: the socket's path.
        db: number of the database; a cluster has only 0.
        username: the user of the ACL, or ``""``.
        password: may be empty.
        tls: whether the connection is encrypted; the certificate is always checked.
        ca_certs: file of certificate authorities, or ``""`` for the system's.
        service: the name under which sentinels know the primary.
    """

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    db: int = 0
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    tls: bool = False
    ca_certs: str = ""
    service: str = ""

    def __str__(self) -> str:
        """Show where it is, without user and password."""
        where = self.path or ",".join(f"{host}:{port}" for host, port in self.hosts)
        return f"{self.kind} {where}{f' {self.service}' if self.service else ''}/{self.db}"


def url_problem(url: str) -> str | None:
    """Return what is wrong with a URL, without repeating it, or None."""
    try:
        _parse(url)
    except ValueError as wrong:
        return str(wrong)
    return None


def parse_url(url: str, *, password: str = "") -> Address:
    """Read a URL; ``password`` is used when the URL has none.

    Raises:
        ConfigurationError: it is no address of a server; the URL is not repeated.
    """
    try:
        found = _parse(url)
    except ValueError as wrong:
        raise ConfigurationError(f"REDIS_URL {wrong}") from None
    if found.password or not password:
        return found
    from dataclasses import replace

    return replace(found, password=Secret(password))


def _parse(url: str) -> Address:
    if not url.isprintable() or any(character.isspace() for character in url):
        raise ValueError("holds a space or a control character; percent-encode it")
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"must begin with one of {', '.join(f'{each}://' for each in _SCHEMES)}")
    kind, tls = _SCHEMES[parts.scheme]
    options = _options(parts, tls)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    path = [unquote(each) for each in parts.path.split("/") if each]
    service = path.pop(0) if kind is Kind.SENTINEL and path else ""
    if kind is Kind.SENTINEL and not service:
        raise ValueError("must name the primary: redis+sentinel://host:26379/mymaster/0")
    if kind is Kind.UNIX and not path:
        raise ValueError("must name the socket: unix:///run/redis.sock?db=0")
    db = options.get("db") or ("" if kind is Kind.UNIX else "/".join(path)) or "0"
    return Address(
        kind=kind,
        hosts=() if kind is Kind.UNIX else tuple(_hosts(parts, kind)),
        path=unquote(parts.path) if kind is Kind.UNIX else "",
        db=_database(db, kind),
        username=unquote(user),
        password=Secret(unquote(password)),
        tls=tls,
        ca_certs=options.get("ssl_ca_certs", ""),
        service=service,
    )


def _options(parts: SplitResult, tls: bool) -> dict[str, str]:
    if parts.fragment:
        raise ValueError("holds a #: percent-encode it as %23 if it belongs to the password")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := set(options) - set(_OPTIONS if tls else _OPTIONS[:1]):
        raise ValueError(f"has options that are not taken here: {', '.join(sorted(unknown))}")
    return options


def _hosts(parts: SplitResult, kind: Kind) -> list[tuple[str, int]]:
    names = [each for each in parts.netloc.rpartition("@")[2].split(",") if each]
    if not names:
        raise ValueError("names no host, such as redis://localhost:6379/0")
    if kind is Kind.SINGLE and len(names) > 1:
        raise ValueError("names several hosts; that is for redis+cluster:// and redis+sentinel://")
    return [_host(name, _PORTS.get(kind, 6379)) for name in names]


def _host(name: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{name}")
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is no number from 1 to 65535") from None
    if not parts.hostname or port == 0:
        raise ValueError("has a host without a name, or the port 0")
    return parts.hostname, port or default


def _database(text: str, kind: Kind) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValueError("has a database that is no number; write it as /0")
    if kind is Kind.CLUSTER and int(text):
        raise ValueError("names a database; a cluster has only 0")
    return int(text)
