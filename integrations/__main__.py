"""The command line: ``python -m integrations``."""

import sys
from collections.abc import Sequence

from integrations.commands.parser import parser
from integrations.core.errors import IntegrationError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 not ready or stale, 2 wrong use."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except IntegrationError as error:
        print(f"integrations: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
