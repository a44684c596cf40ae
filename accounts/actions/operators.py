"""Letting the vendor's staff into the operators' console."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Operator, Person
from msp_portal.lib.rules import RuleBroken


class IsOperatorAlready(RuleBroken):
    """Nothing is left to do."""

    message = _("This person is an operator already.")
    code = "is_operator_already"
    field = "email"


@transaction.atomic
def appoint_operator(*, email: str, first_name: str, last_name: str, password: str, at: datetime) -> Person:
    """Make a new person an operator, signing in with `password`; someone who has a sign-in keeps it and its password.

    :raises IsOperatorAlready: nothing was changed.
    """
    person = Person.objects.with_email(email) or _new_person(email, first_name, last_name, password)
    _operator, appointed = Operator.objects.get_or_create(person=person, defaults={"since": at})
    if not appointed:
        raise IsOperatorAlready
    record(None, "operator.appointed", person, at=at)
    return person


def _new_person(email: str, first_name: str, last_name: str, password: str) -> Person:
    person = Person(email=email.strip().lower(), first_name=first_name, last_name=last_name)
    person.set_password(password)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person
