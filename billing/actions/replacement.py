"""Issuing a month anew after its invoice was taken back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.audit import Actor
from accounts.models import Provider
from billing.actions.invoices import NothingToCharge, issue
from billing.drafts import drafts_of_turn
from billing.models import Invoice
from billing.queries import marks_of
from billing.turns import versions_of
from msp_portal.lib.periods import months_later
from msp_portal.lib.rules import RuleBroken


class NotTakenBack(RuleBroken):
    """An invoice that stands is not replaced: the month would be charged twice."""

    message = _("Take the invoice back with a credit note first.")
    code = "not_taken_back"


class AlreadyReplaced(RuleBroken):
    """The newest invoice of a month is the one to take back and replace."""

    message = _("The month was already issued anew. Take the newest invoice of it back first.")
    code = "already_replaced"


@transaction.atomic
def issue_anew(*, invoice: Invoice, by: Actor, at: datetime) -> Invoice:
    """Charge the month of `invoice` again, by its marks and by the version of the contract that counts for it now.

    :raises NotTakenBack: unless a credit note took `invoice` back.
    :raises AlreadyReplaced: if that was done before.
    :raises NothingToCharge: if nothing is due for the month any more.
    """
    provider = Provider.objects.select_for_update(no_key=True).get(pk=invoice.provider_id)
    if not invoice.credit_notes.exists():
        raise NotTakenBack
    same = provider.invoices.filter(kind=invoice.kind, month=invoice.month)
    newest = same.aggregate(newest=Max("revision"))["newest"]
    if invoice.revision < newest:
        raise AlreadyReplaced
    turn = months_later(invoice.marks_month, 1)
    for draft in drafts_of_turn(versions_of(provider), turn, marks_of(provider.pk, invoice.marks_month)):
        if (draft.kind, draft.month) == (invoice.kind, invoice.month):
            return issue(draft, by=by, at=at, revision=newest + 1)
    raise NothingToCharge
