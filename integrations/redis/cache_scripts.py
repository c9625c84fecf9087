"""The cache's scripts. KEYS: the entry, its lock, and the list that wakes those who wait."""

from integrations.redis.scripts import Script

# One trip for "is it there by now? if not, am I the one to load it?". Asked again with the same
# token after a lost reply, the answer is the same.
# ARGV: token, milliseconds of the lock, a value that does not count (outdated).
ENTER = Script(
    "cache.enter",
    """
local value = redis.call('GET', KEYS[1])
if value and value ~= ARGV[3] then return {'hit', value} end
local holder = redis.call('GET', KEYS[2])
if not holder or holder == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  redis.call('DEL', KEYS[3])
  return {'lead', ''}
end
return {'wait', tostring(redis.call('PTTL', KEYS[2]))}
""",
)

# Writes only for the holder of the lock: an invalidation takes the lock away, so that a value
# loaded before it is not stored after it. ARGV: token, value ('' for none), milliseconds.
FINISH = Script(
    "cache.finish",
    """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('LPUSH', KEYS[3], '1')
redis.call('PEXPIRE', KEYS[3], 5000)
return 1
""",
)

# ARGV: value, milliseconds.
PUT = Script(
    "cache.put",
    """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return 1
""",
)

# The age is judged by the server's clock.
PEEK = Script(
    "cache.peek",
    """
local value = redis.call('GET', KEYS[1])
if not value then return {} end
return {value, redis.call('PTTL', KEYS[1])}
""",
)
