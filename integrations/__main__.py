"""The command line: ``python -m integrations``."""

import argparse
import sys
from collections.abc import Sequence

from integrations.commands import docs, doctor, new
from integrations.core.config import MODES
from integrations.core.errors import IntegrationError
from integrations.core.registry import discover


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 not ready or stale, 2 wrong use."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except IntegrationError as error:
        print(f"integrations: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m integrations", description="Look at the integrations and their settings."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="name the integrations").set_defaults(run=_list)
    check = commands.add_parser("doctor", help="tell what is configured and what is missing")
    check.add_argument("name", nargs="?", help="one integration; all when left out")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.add_argument("--mode", help=f"judge for this mode: {MODES}")
    check.add_argument("--online", action="store_true", help="ask the service if the key works")
    check.add_argument("--env-file", default=".env", help="the file to read (default: .env)")
    check.set_defaults(run=doctor.run)
    example = commands.add_parser("env", help="write .env.example")
    example.set_defaults(run=docs.run_env)
    pages = commands.add_parser("docs", help="write what the docs take from the code")
    pages.add_argument("--check", action="store_true", help="only tell what is stale")
    pages.set_defaults(run=docs.run)
    scaffold = commands.add_parser("new", help="write a new integration to start from")
    scaffold.add_argument("name", help="lower-case letters and digits, such as acme")
    scaffold.set_defaults(run=new.run)
    return parser


def _list(_: argparse.Namespace) -> int:
    for name, each in discover().items():
        print(f"{name:<14}{each.title:<14}{each.summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
