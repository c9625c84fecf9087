"""Where one-time codes are kept when several processes check them."""

from collections.abc import Sequence

from integrations.core.code_store import FREE, Quota
from integrations.redis.client import RedisClient
from integrations.redis.commands import Effect
from integrations.redis.names import digest
from integrations.redis.scripts import Script

# A key outlives its use by this much: the callers' clocks decide, and the server's may differ.
SPARE_MS = 60_000

# KEYS: the quotas. ARGV: mark, now, then most and seconds of each. An entry's score is when it ends
# to count; the mark in its name makes a repeat after a lost reply harmless.
ADMIT = Script(
    "code.admit",
    f"local spare = {SPARE_MS}"
    + """
local mark, now, full, longest = ARGV[1], tonumber(ARGV[2]), -1, 0
local function text(number) return string.format('%.17g', number) end
if redis.call('ZSCORE', KEYS[1], mark .. ':1') then return {-1, '0'} end
for i = 1, #KEYS do
  local most, wait = tonumber(ARGV[2 * i + 1]), 0
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', text(now))
  if redis.call('ZCARD', KEYS[i]) >= most then
    local entry = most > 0 and redis.call('ZRANGE', KEYS[i], -most, -most, 'WITHSCORES')
    wait = entry and tonumber(entry[2]) - now or math.huge
  end
  if wait > longest then full, longest = i - 1, wait end
end
if longest > 0 then return {full, longest == math.huge and 'inf' or text(longest)} end
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], text(now + tonumber(ARGV[2 * i + 2])), mark .. ':' .. i)
  local last = redis.call('ZRANGE', KEYS[i], -1, -1, 'WITHSCORES')
  redis.call('PEXPIRE', KEYS[i], math.ceil((tonumber(last[2]) - now) * 1000) + spare)
end
return {-1, '0'}
""",
)

# KEYS: the code. ARGV: value, attempts, until, milliseconds.
PUT = Script(
    "code.put",
    """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'left', ARGV[2], 'until', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
""",
)

# KEYS: the code. ARGV: mark, now. The last caller, asking again, is told the same.
ATTEMPT = Script(
    "code.attempt",
    """
local kept = redis.call('HMGET', KEYS[1], 'value', 'left', 'until', 'mark')
if not kept[1] or tonumber(kept[3]) <= tonumber(ARGV[2]) then return {'', -1} end
local left = tonumber(kept[2])
if kept[4] == ARGV[1] then return {kept[1], left} end
if left < 1 then return {'', 0} end
redis.call('HSET', KEYS[1], 'left', left - 1, 'mark', ARGV[1])
return {kept[1], left - 1}
""",
)

# KEYS: the code, and who burnt it. ARGV: mark, now, value, milliseconds.
BURN = Script(
    "code.burn",
    """
if redis.call('GET', KEYS[2]) == ARGV[1] then return 1 end
local kept = redis.call('HMGET', KEYS[1], 'value', 'until')
if kept[1] ~= ARGV[3] or tonumber(kept[2]) <= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4])
return 1
""",
)


class RedisCodeStore:
    """A :class:`~integrations.core.code_store.CodeStore` that processes share.

    Each method is one script, and one trip. When the server does not answer, it raises: a code
    that cannot be checked is not right.

    In a cluster, codes are spread over the nodes, and the counts of the limits all lie on one,
    since a send is counted against five of them or none, and each of them meets every other. A
    node counts ten thousand sends a second; a service that sends more uses a store for each region,
    by ``name``.

    The server must not evict keys: a forgotten count lets more codes through.
    """

    def __init__(self, client: RedisClient, *, name: str = "codes") -> None:
        """Keep codes and counts under ``name``.

        Raises:
            InvalidRequestError: ``name`` is no word.
        """
        self._client = client
        self._entity = client.names.entity(name)
        self._counts = client.names.group(name, "counts")

    def admit(self, quotas: Sequence[Quota], *, now: float) -> tuple[int, float]:
        """Count one event, or none; see :class:`~integrations.core.code_store.CodeStore`.

        Raises:
            NetworkError: the server did not answer. Send nothing.
        """
        if not quotas:
            return FREE, 0.0
        keys = [f"{self._counts}:{digest(key)}" for key, _, _ in quotas]
        limits = [number for _, most, window_s in quotas for number in (most, repr(window_s))]
        full, wait = self._client.commands.script(
            ADMIT, keys, (self._mark(), repr(now), *limits), effect=Effect.REPEATABLE
        )
        return int(full), float(wait)

    def put(self, key: str, value: str, *, now: float, ttl_s: float, attempts: int) -> None:
        """Keep a value; see :class:`~integrations.core.code_store.CodeStore`.

        Raises:
            NetworkError: the server did not answer. Send nothing.
        """
        life_ms = round(ttl_s * 1000) + SPARE_MS
        self._client.commands.script(
            PUT,
            [self._key(key)],
            (value, attempts, repr(now + ttl_s), life_ms),
            effect=Effect.REPEATABLE,
            answer=False,
        )

    def attempt(self, key: str, *, now: float) -> tuple[str, int]:
        """Take one attempt; see :class:`~integrations.core.code_store.CodeStore`.

        Raises:
            NetworkError: the server did not answer. The attempt may have been taken.
        """
        value, left = self._client.commands.script(
            ATTEMPT, [self._key(key)], (self._mark(), repr(now)), effect=Effect.REPEATABLE
        )
        return value.decode(), int(left)

    def burn(self, key: str, value: str, *, now: float) -> bool:
        """Forget a value once; see :class:`~integrations.core.code_store.CodeStore`.

        Raises:
            NetworkError: the server did not answer. Let nobody in.
        """
        name = self._key(key)
        burnt = self._client.commands.script(
            BURN,
            [name, f"{name}:burnt"],
            (self._mark(), repr(now), value, SPARE_MS),
            effect=Effect.REPEATABLE,
        )
        return bool(burnt)

    def _key(self, key: str) -> str:
        return self._client.names.group(self._entity, digest(key))

    def _mark(self) -> str:
        return self._client.new_id()
