"""``serve``: a service's stand-in over HTTP, to rehearse a set-up before there is an account."""

import argparse
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIServer, make_server

from integrations.core.errors import ConfigurationError
from integrations.core.registry import Integration, find
from integrations.core.serve import wsgi_app


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C; print the settings that lead to it."""
    chosen = find(arguments.name)
    if arguments.settings:
        print("\n".join(settings(chosen, arguments.port)))
        return 0
    with server(chosen, arguments.port) as serving:
        print(f"# {chosen.title}'s stand-in, until Ctrl-C. In .env, in a second terminal:")
        print("\n".join(settings(chosen, serving.server_port)), flush=True)
        with suppress(KeyboardInterrupt):
            serving.serve_forever()
    return 0


def server(integration: Integration, port: int) -> WSGIServer:
    """Return a server of the integration's fake on this machine; port 0 takes a free one.

    Raises:
        ConfigurationError: the service does not speak HTTP, or the port cannot be used.
    """
    _speaks_http(integration)
    try:
        return make_server("127.0.0.1", port, wsgi_app(integration.fake_class()()))
    except OSError as taken:
        raise ConfigurationError(f"port {port} cannot be used; choose another: --port") from taken


def settings(integration: Integration, port: int) -> Iterator[str]:
    """Walk over the lines of a ``.env`` that lead to the stand-in: those of a first call.

    Raises:
        ConfigurationError: the service does not speak HTTP.
    """
    _speaks_http(integration)
    for setting in integration.first_settings():
        yield f"{setting.name}={setting.mock}"
    endpoint = next(each for each in integration.settings if each.name == integration.endpoint)
    path = urlsplit(endpoint.default).path
    yield f"{integration.endpoint}=http://127.0.0.1:{port}{path}"


def _speaks_http(integration: Integration) -> None:
    if not integration.endpoint:
        raise ConfigurationError(
            f"{integration.name}: its stand-in does not speak HTTP. {integration.credentials}"
        )
