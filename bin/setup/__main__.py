"""`python -m setup demo|test|bench`: what the scripts in bin/ call."""

import importlib
import os
import sys

from .say import Refusal, warn

COMMANDS = ("demo", "test", "bench")


def main(arguments: list[str]) -> int:
    """Run the named command and answer its exit code; a refusal is one sentence and code 1."""
    if not arguments or arguments[0] not in COMMANDS:
        warn(f"Name one of {', '.join(COMMANDS)}.")
        return 2
    # Compiled as they are used, packages and portal start faster from the second process on.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        code: int = importlib.import_module(f"setup.{arguments[0]}").main(arguments[1:])
    except Refusal as refusal:
        warn(str(refusal))
        return 1
    except PermissionError as error:
        warn(f"{error.filename} belongs to someone else: run this as the user who owns it, or in a clone of your own.")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
