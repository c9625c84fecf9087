"""Server-side sessions: a signed id at the browser, the data on the server.

All keys of a user share a hash tag, so that revoking all of them is one atomic step on a cluster
too. Only hashes of ids are stored: who can read the server cannot log in with what is there.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadSignature, Signer

from integrations.core.errors import ConfigurationError, NotFoundError
from integrations.core.views import Displayed
from integrations.redis import arguments as check
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.names import Id, Personal
from integrations.redis.scripts import NOW, Script
from integrations.redis.values import Codec, dumps, loads

MAX_TOKEN = 500
_SALT = "integrations.redis.sessions"

# KEYS: the session, the user's index (scored by expiry). ARGV: data, milliseconds, member.
_INDEX = """
local function note(member, ms)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
  -- A key lives to the end of its last millisecond, and revoking all must find it until then.
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + ms * 1000 + 1000), member)
  local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
  redis.call('PEXPIRE', KEYS[2], math.ceil((tonumber(last[2]) - now) / 1000))
end
"""
CREATE = Script(
    "session.create",
    NOW
    + _INDEX
    + """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
note(ARGV[3], tonumber(ARGV[2]))
return 1
""",
)
# ARGV: milliseconds, member.
LOAD = Script(
    "session.load",
    NOW
    + _INDEX
    + """
local data = redis.call('GET', KEYS[1])
if not data then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
note(ARGV[2], tonumber(ARGV[1]))
return data
""",
)
# Writes to a session that is there: a revoked one does not come back. ARGV: as CREATE.
SAVE = Script(
    "session.save",
    NOW
    + _INDEX
    + """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
note(ARGV[3], tonumber(ARGV[2]))
return 1
""",
)
REVOKE = Script(
    "session.revoke",
    """
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
""",
)
MEMBERS = Script(
    "session.members",
    NOW
    + """
return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
""",
)
# KEYS: the index, then the sessions that were read from it. One that was created since stays in
# the index, and the caller reads again.
REVOKE_ALL = Script(
    "session.revoke_all",
    """
local ended = 0
for i = 2, #KEYS do
  ended = ended + redis.call('DEL', KEYS[i])
  redis.call('ZREM', KEYS[1], ARGV[i - 1])
end
return ended
""",
)


@dataclass(frozen=True)
class Session(Displayed):
    """A session.

    Attributes:
        token: what the browser keeps, in a cookie that is HttpOnly, Secure and SameSite.
        data: what the application keeps.
    """

    token: str = field(repr=False)
    data: Mapping[str, Any]
    raw: tuple[str, str, str] = field(default=("", "", ""), repr=False, compare=False)


class Sessions:
    """Create, load, save and revoke sessions."""

    def __init__(
        self,
        client: RedisClient,
        *,
        ttl: float = 14 * 86_400,
        name: str = "session",
        codec: Codec = "json",
        make_id: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        """Keep sessions for ``ttl`` seconds after their last use.

        Args:
            client: the server. Its eviction policy must not be ``allkeys-*``: that logs users out.
            ttl: seconds, counted from the last use.
            name: the entity in the keys.
            codec: how data is written.
            make_id: makes an id that nobody can guess.

        Raises:
            ConfigurationError: there is no REDIS_SECRET to sign with.
        """
        keys = [secret.reveal() for secret in client.settings.secrets]
        if not keys:
            raise ConfigurationError("REDIS_SECRET is missing: session ids cannot be signed.")
        self._client = client
        self._entity = client.names.entity(name)
        self._ttl_ms = check.milliseconds("ttl", ttl)
        self._codec: Codec = codec
        self._make_id = make_id
        # itsdangerous signs with the last key and takes them all.
        self._signer = Signer(
            keys[::-1], salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256
        )

    def create(self, user: Id, data: Mapping[str, Any] | None = None) -> Session:
        """Begin a session for a user, after a login. The token is new: never reuse an old one.

        Raises:
            NetworkError: the server did not answer; there is no session.
        """
        owner, secret = self._owner(user), self._make_id()
        token = self._signer.sign(f"{owner}.{secret}").decode()
        session = Session(token, _mapping({} if data is None else data), self._keys(owner, secret))
        self._write(CREATE, session)
        return session

    def load(self, token: str | None) -> Session | None:
        """Return the session of a token and extend it; None when it is forged, over, or revoked.

        Raises:
            NetworkError: the server did not answer: nobody knows. Do not take it for a logout.
        """
        keys = self._verified(token)
        if token is None or keys is None:
            return None
        session, index, member = keys
        found = self._client.commands.script(
            LOAD, (session, index), (self._ttl_ms, member), effect=Effect.REPEATABLE
        )
        return None if found is None else Session(token, loads(found), keys)

    def save(self, session: Session, data: Mapping[str, Any]) -> Session:
        """Replace a session's data. The last of two writers wins.

        Raises:
            NotFoundError: it is over or was revoked; it does not come back.
        """
        changed = Session(session.token, _mapping(data), session.raw)
        if not self._write(SAVE, changed):
            raise NotFoundError(
                "the session is over", provider="redis", hint="Ask the user to log in again."
            )
        return changed

    def revoke(self, token: str | None) -> bool:
        """End a session, as at a logout. Returns whether there was one."""
        keys = self._verified(token)
        if keys is None:
            return False
        session, index, member = keys
        return bool(
            self._client.commands.script(
                REVOKE, (session, index), (member,), effect=Effect.REPEATABLE
            )
        )

    def revoke_all(self, user: Id) -> int:
        """End every session of a user, as after a change of password; return how many."""
        owner, ended = self._owner(user), 0
        stem = self._client.names.group(self._entity, owner)
        while members := self._members(owner):
            keys = (f"{stem}:all", *(f"{stem}:{member}" for member in members))
            ended += self._client.commands.script(
                REVOKE_ALL, keys, members, effect=Effect.REPEATABLE
            )
        return ended

    def count(self, user: Id) -> int:
        """Return how many sessions a user has."""
        return len(self._members(self._owner(user)))

    def _members(self, owner: str) -> list[str]:
        key = f"{self._client.names.group(self._entity, owner)}:all"
        found = self._client.commands.script(MEMBERS, (key,), effect=Effect.READ)
        return [member.decode() for member in found]

    def _owner(self, user: Id) -> str:
        # The owner is part of the token, so it is hashed even where it is only a number.
        text = user.value if isinstance(user, Personal) else self._client.names.id(user)
        return self._client.names.hashed(text)

    def _keys(self, owner: str, secret: str) -> tuple[str, str, str]:
        stem = self._client.names.group(self._entity, owner)
        member = hashlib.sha256(secret.encode()).hexdigest()[:40]
        return f"{stem}:{member}", f"{stem}:all", member

    def _verified(self, token: str | None) -> tuple[str, str, str] | None:
        # Where there is no cookie, a framework gives None.
        if not isinstance(token, str) or len(token) > MAX_TOKEN or not token.isascii():
            return None
        try:
            owner, _, secret = self._signer.unsign(token).decode().partition(".")
        except BadSignature:
            return None
        return self._keys(owner, secret)

    def _write(self, script: Script, session: Session) -> bool:
        key, index, member = session.raw
        arguments = (dumps(dict(session.data), self._codec), self._ttl_ms, member)
        written = self._client.commands.script(
            script, (key, index), arguments, effect=Effect.REPEATABLE, answer=script is SAVE
        )
        return bool(written)


def _mapping(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        check.refuse("data", f"must be a mapping, not {type(data).__name__}")
    return dict(data)
