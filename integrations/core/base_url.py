"""The address a key is sent to: over https, or to this machine."""

import ipaddress
import re

_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_HOST = rf"https://(?:(?P<name>{_NAME})|\[(?P<v6>[0-9A-Fa-f:.]+)\])"
_LOCAL = r"http://(?:localhost|127\.0\.0\.1|\[::1\])"
_ADDRESS = re.compile(rf"(?:{_HOST}|{_LOCAL})(?::(?P<port>[0-9]{{1,5}}))?(?:/[A-Za-z0-9._~/-]*)?")
# A name that ends in a number is an IPv4 address, of whatever odd form (WHATWG URL Standard).
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)")


def base_url_problem(value: str, example: str = "") -> str | None:
    """Return what is wrong with the address of an API, or None; for a setting's ``check``.

    A host that only begins like this machine's name must not get a key in the clear, and no two
    parsers may read the address differently: so what is not plain is refused.

    Args:
        value: what is set.
        example: a right one, to be named in the answer.
    """
    if _is_plain(value):
        return None
    such = f", such as {example}" if example else ""
    return (
        "must be https:// and a host (http only for localhost), without user name, query and odd "
        f"characters{such}"
    )


def _is_plain(value: str) -> bool:
    found = _ADDRESS.fullmatch(value)
    if not found or not 1 <= int(found["port"] or 443) <= 65535:
        return False
    try:
        if found["v6"]:
            ipaddress.IPv6Address(found["v6"])
        elif found["name"] and _NUMERIC.fullmatch(found["name"]):
            ipaddress.IPv4Address(found["name"])
    except ValueError:
        return False
    return True
