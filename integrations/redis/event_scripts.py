"""The event store's scripts. A call's own mark makes a repeat after a lost reply harmless.

An event is a hash: ``state``, ``attempts`` (the claim's token), ``until``, ``error``, ``claim`` and
``finish`` (the marks of the last calls), ``event`` and ``body``. A subject is a hash: ``newest``
(when its newest handled event was created), ``busy`` (the event of its last claim) and
``busy_until``. Only the last claim on a subject can be ended.
"""

from integrations.redis.scripts import NOW, Script

# KEYS: event, index, and the subject where there is one. ARGV: mark, now, until, again, force,
# created, event, body, member, milliseconds to keep.
# The claim's times are the callers', as the protocol has it; age in the index is the server's.
CLAIM = Script(
    "event.claim",
    NOW
    + """
local mark, at, ends = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local again, force, created, member = ARGV[4] == '1', ARGV[5] == '1', ARGV[6], ARGV[9]
local known = redis.call('HMGET', KEYS[1], 'state', 'attempts', 'until', 'claim')
local state, attempts = known[1], tonumber(known[2] or 0)
if known[4] == mark then return {state == 'stale' and 'stale' or 'new', attempts} end
if state == 'claimed' and tonumber(known[3]) > at then return {'busy', 0} end
local done = state == 'handled' or state == 'unhandled' or state == 'stale'
if done and not (force or (again and state == 'unhandled')) then return {'duplicate', 0} end
local newest, busy_until = false, false
if KEYS[3] then
  newest, busy_until = unpack(redis.call('HMGET', KEYS[3], 'newest', 'busy_until'))
end
if busy_until and tonumber(busy_until) > at then return {'busy', 0} end
local stale = not force and newest and tonumber(created) < tonumber(newest)
redis.call('HSET', KEYS[1], 'state', stale and 'stale' or 'claimed', 'attempts', attempts + 1,
  'until', stale and '0' or ends, 'error', '', 'claim', mark, 'event', ARGV[7], 'body', ARGV[8])
redis.call('PEXPIRE', KEYS[1], ARGV[10])
if KEYS[3] and not stale then
  redis.call('HSET', KEYS[3], 'busy', member, 'busy_until', ends)
  redis.call('PEXPIRE', KEYS[3], ARGV[10])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - ARGV[10] * 1000))
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
-- No two have the same score: the order is that of their coming.
local place = math.max(now, tonumber(last[2] or 0) + 1)
redis.call('ZADD', KEYS[2], 'NX', string.format('%.0f', place), member)
redis.call('PEXPIRE', KEYS[2], ARGV[10])
return {stale and 'stale' or 'new', attempts + 1}
""",
)

# KEYS: event, and the subject where there is one. ARGV: mark, token, state, error, created, member,
# milliseconds to keep.
FINISH = Script(
    "event.finish",
    """
local known = redis.call('HMGET', KEYS[1], 'state', 'attempts', 'finish')
if known[3] == ARGV[1] then return 1 end
if known[1] ~= 'claimed' or known[2] ~= ARGV[2] then return 0 end
local newest, busy = false, false
if KEYS[2] then
  newest, busy = unpack(redis.call('HMGET', KEYS[2], 'newest', 'busy'))
  if busy ~= ARGV[6] then return 0 end
end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'until', '0', 'error', ARGV[4], 'finish', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
if not KEYS[2] then return 1 end
redis.call('HDEL', KEYS[2], 'busy', 'busy_until')
if ARGV[3] == 'handled' and (not newest or tonumber(ARGV[5]) > tonumber(newest)) then
  redis.call('HSET', KEYS[2], 'newest', ARGV[5])
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return 1
""",
)

# KEYS: events. An event that is gone is a list of nils, which a reply of Lua would cut off.
READ = Script(
    "event.read",
    """
local found = {}
for i = 1, #KEYS do
  local each = redis.call(
    'HMGET', KEYS[i], 'state', 'attempts', 'until', 'error', 'event', 'body')
  found[i] = each[1] and each or {}
end
return found
""",
)

# KEYS: index. Oldest first.
LIST = Script("event.list", "return redis.call('ZRANGE', KEYS[1], 0, -1)")
