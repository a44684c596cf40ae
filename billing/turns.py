"""The turns of a provider's months: which are to be billed, and what is due at each. `drafts.py` says how it is worked out."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet

from accounts.models import Provider
from billing.drafts import Draft, drafts_of_turn, terms_of
from billing.models import Contract, Invoice
from billing.queries import marks_of, marks_so_far
from msp_portal.lib.periods import month_of, months_later
from usage.queries.marks import present_month

EARLIEST_ZONE = ZoneInfo("Pacific/Kiritimati")
"""Where a month begins first: UTC+14."""


def providers_to_bill(at: datetime) -> QuerySet[Provider]:
    """Those with a contract whose present month may not be billed yet."""
    newest = month_of(at.astimezone(EARLIEST_ZONE).date())
    billed = Provider.objects.filter(contracts__isnull=False).annotate(billed=Max("billedmonths__month"))
    return billed.filter(Q(billed=None) | Q(billed__lt=newest)).order_by("pk")


def turns_to_bill(provider: Provider, at: datetime) -> list[date]:
    """The 1sts up to the present month on which something may be due and that are not billed yet, the oldest first.

    They begin with the first version of the contract, but not before the provider came.
    """
    versions = list(provider.contracts.all())
    if not versions:
        return []
    begins = max(min(version.valid_from for version in versions), _came_on(provider))
    billed = provider.billedmonths.aggregate(newest=Max("month"))["newest"]
    month = months_later(billed, 1) if billed else month_of(begins)
    present = present_month(provider, at).month
    turns = []
    while month <= present:
        if terms_of(versions, month) or terms_of(versions, months_later(month, -1)):
            turns.append(month)
        month = months_later(month, 1)
    return turns


def drafts_due(provider: Provider, month: date) -> list[Draft]:
    """What is still to be issued on the 1st of `month`, from the marks of the month that ended."""
    drafts = drafts_of_turn(versions_of(provider), month, marks_of(provider.pk, months_later(month, -1)))
    issued = set(provider.invoices.exclude(kind=Invoice.Kind.CREDIT_NOTE).values_list("kind", "month"))
    return [draft for draft in drafts if (draft.kind, draft.month) not in issued and _has_come(provider, draft)]


def is_to_bill(provider: Provider, versions: Sequence[Contract], month: date) -> bool:
    """Whether something is still to be issued on the 1st of `month`, or may be."""
    return bool(terms_of(versions, month)) and not provider.billedmonths.filter(month=month).exists()


def drafts_so_far(provider: Provider, versions: Sequence[Contract], month: date, at: datetime) -> list[Draft]:
    """What will be due at the end of the present `month` if no mark rises until then."""
    drafts = drafts_of_turn(versions, months_later(month, 1), marks_so_far(provider.pk, at))
    return [draft for draft in drafts if _has_come(provider, draft)]


def versions_of(provider: Provider) -> Sequence[Contract]:
    """Every version of the provider's contract."""
    return list(provider.contracts.select_related("provider", "package"))


def _has_come(provider: Provider, draft: Draft) -> bool:
    """Whether the provider was here in the month that is charged: nothing is charged for months before."""
    return draft.month >= month_of(_came_on(provider))


def _came_on(provider: Provider) -> date:
    return provider.created_at.astimezone(ZoneInfo(provider.time_zone)).date()
