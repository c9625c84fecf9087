"""The commands and their arguments."""

import argparse

from integrations.commands import docs, doctor, new, serve
from integrations.core.config import MODES
from integrations.core.registry import discover


def parser() -> argparse.ArgumentParser:
    """Return the parser; a parsed command has the function to run as ``run``."""
    whole = argparse.ArgumentParser(
        prog="python -m integrations", description="Look at the integrations and their settings."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    named = commands.add_parser("list", help="name the integrations")
    named.set_defaults(run=_list)
    check = commands.add_parser("doctor", help="tell what is configured and what is missing")
    check.add_argument("name", nargs="?", help="one integration; all when left out")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.add_argument("--mode", help=f"judge for this mode: {MODES}")
    check.add_argument("--online", action="store_true", help="ask the service if the key works")
    check.add_argument("--env-file", default=".env", help="the file to read (default: .env)")
    check.set_defaults(run=doctor.run)
    stand_in = commands.add_parser("serve", help="serve a service's stand-in over HTTP")
    stand_in.add_argument("name", help="one integration")
    stand_in.add_argument("--port", type=int, default=8900, help="0 takes a free one (8900)")
    stand_in.add_argument(
        "--settings", action="store_true", help="only print the lines of .env that lead to it"
    )
    stand_in.set_defaults(run=serve.run)
    example = commands.add_parser("env", help="write .env.example")
    example.set_defaults(run=docs.run_env)
    pages = commands.add_parser("docs", help="write what the docs take from the code")
    pages.add_argument("--check", action="store_true", help="only tell what is stale")
    pages.set_defaults(run=docs.run)
    scaffold = commands.add_parser("new", help="write a new integration to start from")
    scaffold.add_argument("name", help="lower-case letters and digits, such as acme")
    scaffold.set_defaults(run=new.run)
    return whole


def usages() -> dict[str, str]:
    """Return the help of each command, 80 columns wide on every terminal and Python."""
    actions = parser()._subparsers
    assert actions is not None  # noqa: S101  # argparse made it above
    choices = actions._group_actions[0].choices
    return {name: _help(each) for name, each in dict(choices or {}).items()}


def _help(command: argparse.ArgumentParser) -> str:
    command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=80)
    return command.format_help()


def _list(_: argparse.Namespace) -> int:
    for name, each in discover().items():
        print(f"{name:<14}{each.title:<14}{each.summary}")
    return 0
