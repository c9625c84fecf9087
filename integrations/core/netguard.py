"""Refuse every connection that would leave this machine, so that a test cannot reach a service."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

_ORIGINALS: dict[tuple[Any, str], Callable[..., Any]] = {}
_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost"}


class NetworkBlockedError(RuntimeError):
    """A connection to another machine was refused.

    Not an `OSError`: no client may take it for an ordinary failure and retry or translate it.
    """


def _is_local(host: object) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = name.strip("[]").rstrip(".").lower()
    if name in _LOCAL_NAMES or name == socket.gethostname().lower():
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    # The unspecified address means "this machine", both to bind and to connect.
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _refuse(host: object, port: object, allow_loopback: bool) -> None:
    if allow_loopback and _is_local(host):
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    where = f"{name}:{port}" if port is not None else name
    raise NetworkBlockedError(
        f"a connection to {where} was blocked: tests and mock mode never leave this machine. "
        "Use the service's fake, or call integrations.core.netguard.unblock_network() first."
    )


def _guard_address(family: int, address: object, allow_loopback: bool) -> None:
    # A Unix socket and other local families have no host.
    if family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        _refuse(address[0], address[1], allow_loopback)


def _patch(owner: Any, name: str, replacement: Callable[..., Any]) -> None:
    _ORIGINALS[(owner, name)] = getattr(owner, name)
    setattr(owner, name, replacement)


def _patch_connect(name: str, allow_loopback: bool) -> None:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, address: Any) -> Any:
        _guard_address(self.family, address, allow_loopback)
        return original(self, address)

    _patch(socket.socket, name, guarded)


def _patch_sendto(allow_loopback: bool) -> None:
    original = socket.socket.sendto

    def guarded(self: socket.socket, data: Any, *args: Any) -> int:
        # sendto(data, address) or sendto(data, flags, address)
        _guard_address(self.family, args[-1] if args else None, allow_loopback)
        return original(self, data, *args)

    _patch(socket.socket, "sendto", guarded)


def _patch_sendmsg(allow_loopback: bool) -> None:
    original = socket.socket.sendmsg

    def guarded(self: socket.socket, buffers: Any, *args: Any) -> int:
        # sendmsg(buffers, ancillary data, flags, address)
        _guard_address(self.family, args[2] if len(args) > 2 else None, allow_loopback)
        return original(self, buffers, *args)

    _patch(socket.socket, "sendmsg", guarded)


def _patch_gethostbyname(name: str, allow_loopback: bool) -> None:
    original = getattr(socket, name)

    def guarded(host: Any) -> Any:
        _refuse(host, None, allow_loopback)
        return original(host)

    _patch(socket, name, guarded)


def _patch_getaddrinfo(allow_loopback: bool) -> None:
    original = socket.getaddrinfo

    def guarded(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse(host, port, allow_loopback)
        return original(host, port, *args, **kwargs)

    _patch(socket, "getaddrinfo", guarded)


def block_network(*, allow_loopback: bool = True) -> None:
    """Refuse connections and name look-ups beyond this machine, until `unblock_network`.

    Calling it again replaces the earlier rule. Unix sockets always work. Only this process is
    guarded: a notebook's kernel or a subprocess has to call it itself.
    """
    unblock_network()
    for name in ("connect", "connect_ex"):
        _patch_connect(name, allow_loopback)
    _patch_sendto(allow_loopback)
    _patch_sendmsg(allow_loopback)
    for name in ("gethostbyname", "gethostbyname_ex"):
        _patch_gethostbyname(name, allow_loopback)
    _patch_getaddrinfo(allow_loopback)


def is_blocked() -> bool:
    """Tell whether connections beyond this machine are refused."""
    return bool(_ORIGINALS)


def unblock_network() -> None:
    """Undo `block_network`; do nothing when the network is not blocked."""
    while _ORIGINALS:
        (owner, name), original = _ORIGINALS.popitem()
        setattr(owner, name, original)
