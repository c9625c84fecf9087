from integrations.redis.tests.cluster import real_cluster
from integrations.redis.tests.servers import client, lab, real_server

__all__ = ["client", "lab", "real_cluster", "real_server"]
