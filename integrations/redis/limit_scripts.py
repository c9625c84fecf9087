"""The limiters' scripts: one atomic round trip decides about every limit of a call.

Each piece fills, for its limit: ``room`` (how many may pass now), ``retry`` (microseconds until
the call may), ``before`` and ``after`` (microseconds until all is as if nothing had happened,
without and with this call), and ``commit``. Nothing is counted unless every limit allows it.

Times are whole microseconds of the server's clock: below 2^53, they are exact in Lua. A number in
a command must be formatted, or Lua writes 1.7e15.
"""

from functools import cache

from integrations.redis.scripts import NOW, Script

_HEAD = """
local cost = tonumber(ARGV[1])
local room, retry, before, after, commit = {}, {}, {}, {}, {}
"""

# The window begins with the first call: a counter that expires. At its last instant, PTTL 0, the
# key is still there (it expires after it), and the window is over.
_FIXED = """
do
  local key, limit, window = KEYS[{i}], tonumber(ARGV[{a}]), tonumber(ARGV[{b}])
  local used, left = tonumber(redis.call('GET', key) or 0), 0
  if used > 0 then left = redis.call('PTTL', key) * 1000 end
  if left <= 0 then used, left = 0, 0 end
  room[{i}], before[{i}], retry[{i}] = limit - used, left, left
  after[{i}] = used > 0 and left or window
  commit[{i}] = function()
    if used > 0 then redis.call('INCRBY', key, cost)
    else redis.call('SET', key, cost, 'PX', window / 1000) end
  end
end
"""

# Two counters: the window before counts for the share of it that is still within reach.
_SLIDING = """
do
  local key, limit, window = KEYS[{i}], tonumber(ARGV[{a}]), tonumber(ARGV[{b}])
  local index = math.floor(now / window)
  local into = now - index * window
  local current, previous = 0, 0
  local w, c, p = string.match(redis.call('GET', key) or '', '^(%d+):(%d+):(%d+)$')
  if w and tonumber(w) == index then current, previous = tonumber(c), tonumber(p)
  elseif w and tonumber(w) == index - 1 then previous = tonumber(c) end
  room[{i}] = math.floor(limit - current - previous * ((window - into) / window))
  local function ends(in_current)
    if in_current > 0 then return 2 * window - into end
    return previous > 0 and window - into or 0
  end
  before[{i}], after[{i}] = ends(current), ends(current + cost)
  if current + cost <= limit then
    local free = limit - current - cost
    retry[{i}] = previous > 0 and math.ceil(window * (1 - free / previous)) - into or 0
  else
    retry[{i}] = window - into + math.ceil(window * (1 - (limit - cost) / current))
  end
  commit[{i}] = function()
    local state = string.format('%.0f:%.0f:%.0f', index, current + cost, previous)
    redis.call('SET', key, state, 'PX', math.ceil(2 * window / 1000))
  end
end
"""

# An entry for each unit, in order of time.
_LOG = """
do
  local key, limit, window = KEYS[{i}], tonumber(ARGV[{a}]), tonumber(ARGV[{b}])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
  local used = redis.call('ZCARD', key)
  local function leaves(place)
    local entry = redis.call('ZRANGE', key, place, place, 'WITHSCORES')
    return entry[2] and tonumber(entry[2]) + window - now or 0
  end
  room[{i}], before[{i}], after[{i}] = limit - used, leaves(-1), window
  retry[{i}] = used + cost > limit and leaves(used + cost - limit - 1) or 0
  commit[{i}] = function()
    local at = string.format('%.0f', now)
    for unit = 1, cost do redis.call('ZADD', key, at, at .. ':' .. (used + unit)) end
    redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1)
  end
end
"""

# One number: when the bucket would be full again. ARGV: limit, microseconds for one, and for all.
_GCRA = """
do
  local key, each, all = KEYS[{i}], tonumber(ARGV[{b}]), tonumber(ARGV[{c}])
  local full = math.max(tonumber(redis.call('GET', key) or 0), now)
  local new = full + each * cost
  room[{i}], before[{i}], after[{i}] = math.floor((all - full + now) / each), full - now, new - now
  retry[{i}] = new - all - now
  commit[{i}] = function()
    redis.call('SET', key, string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000))
  end
end
"""

_TAIL = """
local allowed = 1
for i = 1, #room do
  if room[i] < cost then allowed = 0 end
end
if allowed == 1 and cost > 0 then
  for i = 1, #room do commit[i]() end
end
local answer = {allowed}
for i = 1, #room do
  local spent = allowed == 1
  answer[#answer + 1] = math.max(0, room[i] - (spent and cost or 0))
  answer[#answer + 1] = spent and cost > 0 and after[i] or before[i]
  answer[#answer + 1] = room[i] < cost and math.max(1, retry[i]) or 0
end
return answer
"""

_PIECES = {"fixed": _FIXED, "sliding": _SLIDING, "log": _LOG, "gcra": _GCRA}


@cache
def decide(algorithms: tuple[str, ...]) -> Script:
    """Return the script for limits of these algorithms. KEYS: one for each limit.

    ARGV: the cost, then three numbers for each limit, see
    :meth:`integrations.redis.limits.Limit.arguments`. It returns whether the call is allowed, and
    for each limit: remaining, microseconds to reset, microseconds to retry.
    """
    clock = "" if set(algorithms) == {"fixed"} else NOW
    text = clock + _HEAD
    for index, name in enumerate(algorithms, start=1):
        first = 3 * index - 1
        piece = _PIECES[name].replace("{i}", str(index))
        for place, mark in enumerate(("{a}", "{b}", "{c}")):
            piece = piece.replace(mark, str(first + place))
        text += piece
    return Script("limit." + "+".join(algorithms), text + _TAIL)
