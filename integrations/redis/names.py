"""Names of keys: ``app:env:v1:entity:id``, with personal data hashed."""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, field

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError
from integrations.redis.arguments import refuse

MAX_ID = 200
_ENTITY = re.compile(r"[a-z][a-z0-9_.-]{0,40}")
_PHONE = re.compile(r"\+[\d\s().-]{6,}")


@dataclass(frozen=True)
class Personal:
    """An id that is personal data, such as an email address: it is hashed in the key's name."""

    value: str = field(repr=False)


Id = str | int | Personal
"""What a thing is called within its entity."""


@dataclass(frozen=True)
class Names:
    """Make the names of keys for one application in one environment.

    Attributes:
        prefix: ``app:env``.
        secret: hashes personal data. With a plain hash, everybody could try out all addresses.
        version: of the layout; a new one starts with no keys.
    """

    prefix: str
    secret: Secret
    version: int = 1

    def key(self, entity: str, id: Id) -> str:
        """Return the name of a key that stands alone: ``app:env:v1:entity:id``."""
        return f"{self.prefix}:v{self.version}:{self.entity(entity)}:{self.id(id)}"

    def group(self, entity: str, id: Id) -> str:
        """Return the stem of keys that are used together: ``app:env:v1:entity:{id}``.

        The braces are a hash tag: in a cluster, all keys of the stem lie on one node.
        """
        return f"{self.prefix}:v{self.version}:{self.entity(entity)}:{{{self.id(id)}}}"

    def entity(self, entity: str) -> str:
        """Return the entity as it is.

        Raises:
            InvalidRequestError: it is no short word in lower case.
        """
        if not _ENTITY.fullmatch(entity):
            refuse("entity", "must be a word of lower-case letters, digits and _.-")
        return entity

    def id(self, id: Id) -> str:
        """Return the id as it stands in a name; what is personal is hashed.

        Email addresses, phone numbers (``+…``) and IP addresses are hashed without being asked.

        Raises:
            InvalidRequestError: it is empty, too long, or holds spaces, braces or control
                characters.
        """
        if isinstance(id, Personal):
            return self.hashed(id.value)
        if isinstance(id, bool) or not isinstance(id, str | int):
            refuse("id", f"must be a string or a number, not {type(id).__name__}")
        text = str(id)
        if looks_personal(text):
            return self.hashed(text)
        if not text or len(text) > MAX_ID:
            refuse("id", f"must have 1 to {MAX_ID} characters, not {len(text)}")
        if not text.isprintable() or any(c in "{} " for c in text):
            refuse("id", "must not hold spaces, braces or control characters")
        return text

    def hashed(self, text: str) -> str:
        """Return a keyed hash of personal data; case and outer spaces do not count."""
        if not str(text).strip():
            refuse("id", "is empty")
        if not self.secret:
            raise ConfigurationError(
                "REDIS_SECRET is missing: without it, personal data in key names cannot be hashed."
            )
        data = text.strip().lower().encode("utf-8", "surrogatepass")
        return hmac.new(self.secret.reveal().encode(), data, hashlib.sha256).hexdigest()[:32]


def looks_personal(text: str) -> bool:
    """Tell whether an id looks like an email address, a phone number or an IP address."""
    if "@" in text or _PHONE.fullmatch(text):
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # A bare number would pass for an address in no notation that people write.
    return not text.isdigit()


def digest(text: str) -> str:
    """Return a hash by which any text, however long, stands in a key's name."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
