"""How commands are sent: which may be repeated, what debug mode records, what errors become."""

import enum
import threading
from collections.abc import Callable, Sequence
from typing import Any

import redis

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import GuardError, NotSentError, ProviderError
from integrations.core.log import get_logger
from integrations.core.retry import Retry, log_waits
from integrations.redis.address import Kind
from integrations.redis.connections import Server, ask_packed, close_server, open_server
from integrations.redis.errors import SDK_ERRORS, SDKError, translate
from integrations.redis.scripts import Call, Script
from integrations.redis.sent import CommandLog, Sent
from integrations.redis.settings import RedisSettings


class Effect(enum.Enum):
    """What a command does, and so whether it may be sent again after its reply was lost.

    ``READ``: changes nothing. ``REPEATABLE``: a second time changes nothing more, as for SET.
    ``ONCE``: a second time counts twice, as for INCR.
    """

    READ = "read"
    REPEATABLE = "repeatable"
    ONCE = "once"


# Environments that are nobody's sandbox.
_PRODUCTION = ("prod", "production", "live")


class Commands:
    """Send commands in the client's mode. Safe in threads."""

    def __init__(
        self,
        settings: RedisSettings,
        *,
        fake: Any,
        clock: Clock,
        retry: Retry,
        log: CommandLog,
    ) -> None:
        """Connect at the first command; to ``fake`` in mock mode."""
        self._settings = settings
        self._fake = fake
        self._clock = clock
        self._retry = retry
        self._log = log if settings.mode is not Mode.LIVE else None
        self._dry = settings.mode is Mode.DEBUG
        self._guarded = settings.mode is Mode.SANDBOX
        self._logger = get_logger("redis")
        self._lock = threading.Lock()
        self._servers: dict[bool, Server] = {}
        # The fake is no cluster, whatever the address says.
        self._spread = self.cluster and settings.mode is not Mode.MOCK

    @property
    def cluster(self) -> bool:
        """Whether keys are spread over the nodes of a cluster."""
        return self._settings.address.kind is Kind.CLUSTER

    def anywhere(self, server: Server, *command: str) -> Any:
        """Send a command without a key, which in a cluster any node may answer."""
        if self.cluster:
            server = server.get_redis_connection(server.get_random_node())
        return server.execute_command(*command)

    def run(
        self,
        name: str,
        keys: Sequence[str],
        send: Callable[[Server], Any],
        *,
        effect: Effect,
        answer: bool = True,
        blocking: bool = False,
    ) -> Any:
        """Send a command by ``send``, which gets the SDK's client, and return its reply.

        ``name`` and ``keys`` are what is recorded. Debug mode sends nothing; it returns None when
        no ``answer`` is needed. ``blocking`` uses connections that may wait.

        Raises:
            NotSentError: debug mode, and only the server knows the answer.
            ProviderError: as in ``integrations.redis.errors.ERRORS``.
        """
        if self._dry:
            return self._not_sent(name, keys, answer)
        try:
            reply = send(self._servers.get(blocking) or self._open(blocking))
        except SDK_ERRORS as lost:
            reply = self._recover(lost, name, keys, send, effect, blocking)
        if self._log is not None:
            self._log.add(Sent(self._clock.time(), name, tuple(keys), "ok"))
        return reply

    def script(
        self,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Any] = (),
        *,
        effect: Effect,
        answer: bool = True,
    ) -> Any:
        """Run a script, by its hash; its text is sent when the server does not know it."""
        rest = (len(keys), *keys, *arguments)

        def send(server: Server) -> Any:
            try:
                return server.execute_command("EVALSHA", script.sha, *rest)
            except redis.exceptions.NoScriptError:
                # It was refused, not run: sending the text is no repetition.
                return server.execute_command("EVAL", script.text, *rest)

        return self.run(script.name, keys, send, effect=effect, answer=answer)

    def call(self, call: Call, *, effect: Effect) -> Any:
        """Run a script as :meth:`script` does, from a call that was packed before."""
        script, rest = call.script, call.arguments

        def send(server: Server) -> Any:
            try:
                if self._spread:
                    return server.execute_command("EVALSHA", script.sha, *rest)
                return ask_packed(server, call.packed)
            except redis.exceptions.NoScriptError:
                return server.execute_command("EVAL", script.text, *rest)

        return self.run(script.name, call.keys, send, effect=effect)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            servers, self._servers = list(self._servers.values()), {}
        for server in servers:
            close_server(server)

    def _open(self, blocking: bool) -> Server:
        if self._guarded:
            _refuse_strangers(self._settings)
        with self._lock:
            if blocking not in self._servers:
                self._servers[blocking] = self._connect(blocking)
            return self._servers[blocking]

    def _connect(self, blocking: bool) -> Server:
        address, timeout = self._settings.address, self._settings.timeout
        if self._settings.mode is Mode.MOCK:
            login = {"username": address.username, "password": address.password.reveal()}
            return self._fake.server(timeout=timeout, **login)
        return open_server(address, timeout=timeout, blocking=blocking)

    def _recover(
        self,
        first: SDKError,
        name: str,
        keys: Sequence[str],
        send: Callable[[Server], Any],
        effect: Effect,
        blocking: bool,
    ) -> Any:
        # The first attempt was made without this machinery: a command that works pays nothing.
        writes = effect is not Effect.READ

        def attempt(number: int) -> Any:
            error: SDKError = first
            if number > 1:
                try:
                    return send(self._servers.get(blocking) or self._open(blocking))
                except SDK_ERRORS as again:
                    error = again
            raise translate(error, writes=writes) from error

        def may_retry(error: ProviderError) -> bool:
            return error.retryable and (effect is not Effect.ONCE or not error.outcome_unknown)

        try:
            return self._retry.call(attempt, may_retry=may_retry, on_wait=log_waits(self._logger))
        except ProviderError as error:
            if self._log is not None:
                outcome = type(error).__name__
                self._log.add(Sent(self._clock.time(), name, tuple(keys), outcome))
            raise

    def _not_sent(self, name: str, keys: Sequence[str], answer: bool) -> None:
        if self._log is not None:
            self._log.add(Sent(self._clock.time(), name, tuple(keys), "not sent"))
        if answer:
            raise NotSentError(
                f"redis: debug mode recorded {name} and did not send it; only the server knows "
                "the answer. Use mock mode for answers."
            )


def _refuse_strangers(settings: RedisSettings) -> None:
    where, env = settings.address, settings.prefix.partition(":")[2]
    hosts = [host.lower() for host, _ in where.hosts]
    for host in hosts:
        if host not in settings.sandbox_hosts:
            raise GuardError(
                f"{host!r} is not on sandbox mode's allow-list. Nothing was sent. "
                "Add it to REDIS_SANDBOX_HOSTS if it is no production server."
            )
    if env in _PRODUCTION:
        raise GuardError(
            f"REDIS_PREFIX ends in {env!r}, and this is sandbox mode. Nothing was sent. "
            "Use another prefix, or set the mode to 'live' if you mean it."
        )
