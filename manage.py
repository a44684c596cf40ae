#!/usr/bin/env python
"""Django's commands. Those that change the schema log in as its owner, all others as the system."""

import os
import sys

SCHEMA_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "dbshell"}


def main() -> None:
    """Run the command named on the command line."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msp_portal.settings")
    os.environ.setdefault("PORTAL_LOGIN", "owner" if command in SCHEMA_COMMANDS else "system")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
