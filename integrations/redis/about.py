"""What a newcomer has to know of Redis (redis-py 8.1, servers 7.0 to 8.8, 2026-11)."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Sandbox mode reaches the hosts in `REDIS_SANDBOX_HOSTS`, by default this machine only."
    ),
    begin_with=("REDIS_URL", "REDIS_SECRET", "REDIS_PREFIX"),
    first_call="""\
print(client.check_health())
key = client.key("greeting", 1)
client.set(key, "Hello", ttl=60)
print(client.get(key))
""",
    webhooks=(),
    going_live=(
        "The port is closed to the world, and the connection is TLS (`rediss://`).",
        ("The user has an ACL of its own, with your prefix only and without `@dangerous`."),
        (
            "The eviction policy is `volatile-*`, or cache and the rest have a server "
            "each: `allkeys-*` evicts sessions and locks."
        ),
        "Each limit says what to do when the server is away: `if_down`.",
        "`REDIS_MODE=live` is set on this machine, and on no other.",
    ),
    rotation=(
        "Give the ACL user a second password, deploy it, remove the first. "
        "`REDIS_SECRET` takes several, the new one first."
    ),
    signature="None: Redis sends no webhooks.",
    repeats=("Scripts that may be repeated are; counting is never repeated after a lost reply."),
    pace="One core of a server; a cluster has one for each shard.",
    test_data="No test data is needed: a prefix of its own keeps staging apart.",
    cost=(
        "Memory, whether your own or a host's. Prices were not read (2026-11). A month: "
        "`(primaries + replicas) * price of a node`, and a node holds "
        "`used_memory_peak / primaries`, as `INFO memory` says, with room for a failover. What "
        "grows it is entries * their size * how long they live; every key here has an end."
    ),
    fake_has=(
        "Commands, Lua and expiry of fakeredis, behind redis-py's own connection, with "
        "faults and a clock that you turn."
    ),
    fake_lacks=(
        "Clusters, failover, memory and eviction, and what happens between two connections."
    ),
)
