"""The plans of a provider's open invoices (`billing.dunning`), from what stands in the database."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import Provider
from billing.declines import RETURNED
from billing.dunning import Attempt, Method, Plan, Situation, plan_of
from billing.models import BillingAccount, Charge, ChargeState, Invoice, Payment, PaymentMethod


def plans_of(
    provider: Provider, invoices: Iterable[Invoice], day: date, *, account: BillingAccount | None = None
) -> dict[str, Plan]:
    """The plan of each invoice from `day` on, by its key; four statements. The invoices carry the columns of `InvoiceQuerySet.as_of`.

    `account` asks what would come if it stood so; without one it is the provider's own.
    """
    invoices = list(invoices)
    if not invoices:
        return {}
    account = account or account_of(provider)
    zone = ZoneInfo(provider.time_zone)
    methods = tuple(_method(method, zone) for method in provider.paymentmethods.all().on_file())
    back = _taken_back(invoices)
    attempts = _attempts(invoices, zone, back)
    refunded = {row.invoice_id for row in back if row.kind == Payment.Kind.REFUND}
    return {
        invoice.pk: plan_of(
            Situation(
                due_on=invoice.due_on,
                owed=invoice.owed_amount,  # type: ignore[attr-defined]  # by `as_of`
                autopay=account.autopay,
                ceiling=account.autopay_ceiling,
                methods=methods,
                attempts=tuple(attempts[invoice.pk]),
                sent_back=invoice.pk in refunded,
            ),
            day,
        )
        for invoice in invoices
    }


def account_of(provider: Provider) -> BillingAccount:
    """How the provider pays; as long as nobody said anything autopay is off."""
    return BillingAccount.objects.filter(provider=provider).first() or BillingAccount(provider=provider)


def _taken_back(invoices: list[Invoice]) -> list[Payment]:
    """Money that went back. What the bank gave again after a dispute is a payment of its own."""
    rows = Payment.objects.filter(invoice__in=invoices, kind__in=(Payment.Kind.REFUND, Payment.Kind.RETURN))
    return list(rows.select_related("takes_back").order_by("received_at", "pk"))


def _attempts(invoices: list[Invoice], zone: ZoneInfo, back: list[Payment]) -> dict[str, list[Attempt]]:
    """By invoice, in their order. What failed before it was sent anywhere was no attempt."""
    returned = {row.takes_back.charge_id: row.received_at for row in back if row.kind == Payment.Kind.RETURN and row.takes_back}
    never_sent = Q(state=ChargeState.FAILED, sent_at=None)
    charges = (
        Charge.objects.filter(invoice__in=invoices).exclude(never_sent).select_related("method").order_by("invoice", "attempt")
    )
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    for charge in charges:
        attempts[charge.invoice_id].append(_attempt(charge, zone, returned.get(charge.pk)))
    return attempts


def _attempt(charge: Charge, zone: ZoneInfo, returned_at: datetime | None) -> Attempt:
    ended_at = returned_at or charge.settled_at
    return Attempt(
        method=_method(charge.method, zone),
        state=charge.state,
        began_on=_day(charge.intended_at, zone),
        ended_on=_day(ended_at, zone) if ended_at else None,
        decline_code=RETURNED if returned_at else charge.decline_code,
        came_back=returned_at is not None,
    )


def _method(method: PaymentMethod, zone: ZoneInfo) -> Method:
    return Method(
        id=method.pk,
        name=str(method),
        is_card=method.kind == PaymentMethod.Kind.CARD,
        account=method.fingerprint or method.pk,
        added_on=_day(method.added_at, zone),
    )


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
