"""What the JSON API says of the MSP's own administrators, beyond the columns of their rows."""

from typing import TypeAlias, TypedDict

from django.db.models import BooleanField, Case, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django_stubs_ext import WithAnnotations

from accounts.models import Access, Administrator, Organization


class Told(TypedDict):
    """What `described` adds; the flags for filters and sorting as well."""

    registered: bool
    suspended: bool
    has_second_factor: bool
    number_of_organizations: int


Described: TypeAlias = "WithAnnotations[Administrator, Told]"


def described(administrators: QuerySet[Administrator], provider_id: str) -> QuerySet[Described]:
    """Administrators of the provider, each with what is `Told`; `number_of_organizations` counts the open ones that he reaches."""
    with_factor = RawSQL("select accounts_second_factors(%s)", [provider_id])  # the scope itself reads no sign-ins
    return administrators.annotate(
        registered=_whether(joined_at__isnull=False),
        suspended=_whether(suspended_at__isnull=False),
        has_second_factor=_whether(pk__in=with_factor),
        number_of_organizations=_number_reached(provider_id),
    )


def organizations_of(administrator: Administrator) -> QuerySet[Organization]:
    """The open organizations that `administrator` reaches."""
    rows = Organization.objects.filter(provider_id=administrator.provider_id).open()
    if administrator.is_limited:
        rows = rows.filter(pk__in=Access.objects.filter(administrator=administrator).values("organization_id"))
    return rows


def _whether(**condition: object) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(Q(**condition), output_field=BooleanField())


def _number_reached(provider_id: str) -> Coalesce:
    """All open ones, counted once a statement, or those of the access rows."""
    every = Organization.objects.filter(provider_id=provider_id).open().order_by().values("provider_id")
    given = (
        Access.objects.filter(administrator=OuterRef("pk"), organization__closed_at=None).order_by().values("administrator_id")
    )
    number = [Subquery(rows.annotate(number=Count("pk")).values("number")) for rows in (every, given)]
    return Coalesce(Case(When(limited_at=None, then=number[0]), default=number[1]), 0)
