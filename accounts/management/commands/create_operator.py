"""Lets a member of the vendor's staff into the operators' console; asks for a password, or reads it from a pipe."""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.actions.operators import appoint_operator
from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken


class Command(BaseCommand):
    help = "Let a person into the operators' console. Someone new gets the password that is asked for, or piped in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            password = self._password()
            validate_password(password)
            with tenancy.system("a new operator"):
                person = appoint_operator(
                    email=options["email"],
                    first_name=options["first_name"],
                    last_name=options["last_name"],
                    password=password,
                    at=datetime.now(UTC),
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except RuleBroken as rule:
            raise CommandError(str(rule)) from rule
        self.stdout.write(f"{person.email} may sign in to the operators' console.")

    def _password(self) -> str:
        if sys.stdin.isatty():
            return getpass("Password: ")
        return sys.stdin.readline().rstrip("\n")
