"""The limiters' scripts: one atomic round trip decides about every limit of a call.

For each limit, a check finds ``room`` (how many may pass now), ``retry`` (microseconds until the
call may, if it may not now), ``before`` and ``after`` (microseconds until all is as if nothing had
happened, without and with this call). Nothing is counted unless every limit allows it.

Times are whole microseconds of the server's clock: below 2^53, they are exact in Lua. A number in a
command must be formatted, or Lua writes 1.7e15. The scripts are written out for each combination of
algorithms, without tables and closures, and answer with one string: that is a third of the time.
"""

from functools import cache

from integrations.redis.scripts import NOW, Script

# The window begins with the first call: a counter that expires. At its last instant, PTTL 0, the
# key is still there (it expires after it), and the window is over.
_FIXED = """
local used@, left@ = tonumber(redis.call('GET', KEYS[@]) or 0), 0
if used@ > 0 then left@ = redis.call('PTTL', KEYS[@]) * 1000 end
if left@ <= 0 then used@, left@ = 0, 0 end
local room@, before@, retry@ = $limit - used@, left@, left@
local after@ = used@ > 0 and left@ or tonumber($window)
"""
_FIXED_COMMIT = """
if used@ > 0 then redis.call('INCRBY', KEYS[@], cost)
else redis.call('SET', KEYS[@], cost, 'PX', $window / 1000) end
"""

# Two counters: the window before counts for the share of it that is still within reach.
_SLIDING = """
local limit@, window@ = tonumber($limit), tonumber($window)
local index@ = math.floor(now / window@)
local into@ = now - index@ * window@
local current@, previous@ = 0, 0
local w@, c@, p@ = string.match(redis.call('GET', KEYS[@]) or '', '^(%d+):(%d+):(%d+)$')
if w@ and tonumber(w@) == index@ then current@, previous@ = tonumber(c@), tonumber(p@)
elseif w@ and tonumber(w@) == index@ - 1 then previous@ = tonumber(c@) end
local room@ = math.floor(limit@ - current@ - previous@ * ((window@ - into@) / window@))
local before@ = current@ > 0 and 2 * window@ - into@ or previous@ > 0 and window@ - into@ or 0
local after@ = current@ + cost > 0 and 2 * window@ - into@ or before@
local retry@, free@ = 0, limit@ - current@ - cost
if room@ >= cost then retry@ = 0
elseif free@ >= 0 then retry@ = math.ceil(window@ * (1 - free@ / previous@)) - into@
else retry@ = window@ - into@ + math.ceil(window@ * (1 - (limit@ - cost) / current@)) end
"""
_SLIDING_COMMIT = """
redis.call('SET', KEYS[@], string.format('%.0f:%.0f:%.0f', index@, current@ + cost, previous@),
  'PX', math.ceil(2 * window@ / 1000))
"""

# An entry for each unit, in order of time. Counted from the newest, the one at ``limit - cost`` has
# to leave before the call can pass.
_LOG = """
local limit@, window@ = tonumber($limit), tonumber($window)
local since@ = string.format('(%.0f', now - window@)
local room@ = limit@ - redis.call('ZCOUNT', KEYS[@], since@, '+inf')
local retry@, before@, after@ = 0, 0, window@
if room@ < cost then
  local entry = redis.call('ZRANGE', KEYS[@], cost - limit@ - 1, cost - limit@ - 1, 'WITHSCORES')
  retry@ = tonumber(entry[2]) + window@ - now
end
if room@ < limit@ then
  local entry = redis.call('ZRANGE', KEYS[@], -1, -1, 'WITHSCORES')
  before@ = tonumber(entry[2]) + window@ - now
end
"""
_LOG_COMMIT = """
local at@ = string.format('%.0f', now)
redis.call('ZREMRANGEBYSCORE', KEYS[@], '-inf', string.format('%.0f', now - window@))
for unit = 1, cost do redis.call('ZADD', KEYS[@], at@, at@ .. ':' .. (limit@ - room@ + unit)) end
redis.call('PEXPIRE', KEYS[@], math.ceil(window@ / 1000) + 1)
"""

# One number: when the bucket would be full again. $limit: microseconds for one; $window: for all.
_GCRA = """
local each@, all@ = tonumber($limit), tonumber($window)
local full@ = math.max(tonumber(redis.call('GET', KEYS[@]) or 0), now)
local new@ = full@ + each@ * cost
local room@, retry@ = math.floor((all@ - full@ + now) / each@), new@ - all@ - now
local before@, after@ = full@ - now, new@ - now
"""
_GCRA_COMMIT = """
redis.call('SET', KEYS[@], string.format('%.0f', new@), 'PX', math.ceil((new@ - now) / 1000))
"""

_PIECES = {
    "fixed": (_FIXED, _FIXED_COMMIT),
    "sliding": (_SLIDING, _SLIDING_COMMIT),
    "log": (_LOG, _LOG_COMMIT),
    "gcra": (_GCRA, _GCRA_COMMIT),
}
_ANSWER = """
  math.max(0, room@ - (allowed and cost or 0)), allowed and cost > 0 and after@ or before@,
  room@ < cost and math.max(1, retry@) or 0"""


@cache
def decide(algorithms: tuple[str, ...]) -> Script:
    """Return the script for limits of these algorithms. KEYS: one for each limit.

    ARGV: the cost, then two numbers for each limit, see
    :meth:`integrations.redis.limits.Limit.arguments`. It returns numbers in a string, with spaces:
    whether the call is allowed (1 or 0), and for each limit what remains, the microseconds until it
    is as if nothing had happened, and the microseconds until the same call may pass.
    """
    numbers = range(1, len(algorithms) + 1)
    pairs = [(_PIECES[name], number) for number, name in enumerate(algorithms, start=1)]
    checks = "".join(_written(check, number) for (check, _), number in pairs)
    commits = "".join(_written(commit, number) for (_, commit), number in pairs)
    answers = "".join("," + _written(_ANSWER, number) for number in numbers)
    allows = " and ".join(f"room{number} >= cost" for number in numbers)
    text = (
        ("" if set(algorithms) == {"fixed"} else NOW)
        + "local cost = tonumber(ARGV[1])\n"
        + checks
        + f"local allowed = {allows}\nif allowed and cost > 0 then\n{commits}end\n"
        + f"return string.format('%d{' %.0f' * 3 * len(numbers)}', allowed and 1 or 0{answers})"
    )
    return Script("limit." + "+".join(algorithms), text)


def _written(piece: str, number: int) -> str:
    first, second = f"ARGV[{2 * number}]", f"ARGV[{2 * number + 1}]"
    return piece.replace("@", str(number)).replace("$limit", first).replace("$window", second)
