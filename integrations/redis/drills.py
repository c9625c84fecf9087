"""Every error of Redis provoked: see :mod:`integrations.core.drills`."""

from integrations.core.drills import HERE, Mistake
from integrations.core.workbook import Mock
from integrations.redis import fake as faults
from integrations.redis.client import RedisClient
from integrations.redis.limits import Limit
from integrations.redis.locks import Locks
from integrations.redis.ratelimit import RateLimiter

# What servers say, by the first word (https://redis.io/docs/latest/develop/reference/protocol-spec/).
_SAID = {
    "NOAUTH": "Authentication required.",
    "WRONGPASS": "invalid username-password pair or user is disabled.",
    "NOPERM": "this user has no permissions to run the 'get' command",
    "WRONGTYPE": "Operation against a key holding the wrong kind of value",
    "CROSSSLOT": "Keys in request don't hash to the same slot",
    "ERR": "unknown command 'GET'",
    "EXECABORT": "Transaction discarded because of previous errors.",
    "LOADING": "Redis is loading the dataset in memory",
    "READONLY": "You can't write against a read only replica.",
    "CLUSTERDOWN": "The cluster is down",
    "MASTERDOWN": "Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "TRYAGAIN": "Multiple keys request during rehashing of slot",
    "OOM": "command not allowed when used memory > 'maxmemory'.",
    "BUSY": "Redis is busy running a script.",
}


def _read(lab: Mock) -> None:
    lab.client.get(lab.client.key("user", 1))


def _answered(word: str) -> Mistake:
    text = f"{word} {_SAID[word]}"

    def make(lab: Mock) -> None:
        lab.fake.inject(*[faults.refused(text)] * 3)
        _read(lab)

    return Mistake(word, f"the server says {text!r}", make)


def _broken(what: str, fault: faults.Fault) -> Mistake:
    def make(lab: Mock) -> None:
        lab.fake.inject(*[fault] * 3)
        _read(lab)

    return Mistake("no reply", what, make)


def _locked_out(lab: Mock) -> None:
    locks = Locks(lab.client)
    for _ in range(2):
        locks.acquire("invoice-7", ttl=30)


def _too_late(lab: Mock) -> None:
    locks = Locks(lab.client)
    lock = locks.acquire("invoice-7", ttl=30)
    lab.clock.advance(31)
    locks.extend(lock, ttl=30)


def _too_often(lab: Mock) -> None:
    limiter = RateLimiter(lab.client, Limit(3, 60), name="login")
    for _ in range(4):
        limiter.check("user-7")


def _strange_host(lab: Mock) -> None:
    env = {
        "REDIS_URL": "redis://cache.shop.example:6379/0",
        "REDIS_SECRET": "an-example-secret-only",
        "REDIS_PREFIX": "shop:staging",
    }
    RedisClient.from_env(env, mode="sandbox", clock=lab.clock).check_health()


MISTAKES = (
    Mistake(HERE, "sandbox mode, and another host", _strange_host),
    Mistake(HERE, "a value without an end", lambda lab: lab.client.set("k", 1, ttl=0)),
    *(_answered(word) for word in _SAID),
    Mistake("WATCH", "somebody else holds the lock", _locked_out),
    Mistake("no such key", "the lock has ended", _too_late),
    Mistake("limit reached", "the fourth login within a minute, of three", _too_often),
    _broken("no connection", faults.connect_failure()),
    _broken("the connection drops before the reply", faults.reply_lost()),
    _broken("no reply in time", faults.reply_timeout()),
)
