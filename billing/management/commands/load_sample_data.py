"""Loads the sample data. With --json the last line tells providers, keys and sign-ins for scripts."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.sample.load import NotEmpty, load
from msp_portal.lib import tenancy

SEED = 20
EXIT_NOT_EMPTY = 3  # so that scripts can tell it from a fault


class Command(BaseCommand):
    help = "Load sample providers, clients, users, invoices and sign-ins into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print providers and sign-ins as JSON in the last line")
        parser.add_argument("--seed", type=int, default=SEED, help=f"another number gives other names and dates (default {SEED})")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tenancy.system("sample data"):
                loaded = load(seed=options["seed"], at=datetime.now(UTC))
        except NotEmpty as rule:
            raise CommandError(str(rule), returncode=EXIT_NOT_EMPTY) from rule
        if options["json"]:
            self.stdout.write(json.dumps(asdict(loaded), ensure_ascii=False))
            return
        for login in loaded.logins:
            self.stdout.write(
                f"{login['role']:28}{login['email']:42}{login['password']:22}{login['organization'] or login['provider'] or ''}"
            )
