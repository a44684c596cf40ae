"""Putting on file what was added on the payment provider's page: the one place where a payment method is made."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.models import Administrator, AuditEvent
from accounts.roles import Permission
from billing import method_emails, psp, tokens
from billing.actions.detaching import detach_unwanted
from billing.actions.methods import methods_in_order, place_in_order, take_away
from billing.bounds import MOST_METHODS
from billing.models import BillingAccount, MethodSetup, PaymentMethod
from billing.setup_words import Failure

REFUSED: Final = AuditEvent.Outcome.REFUSED


@dataclass(frozen=True)
class Arrival:
    """What came of a setup, and what is on file as it comes; read under the lock."""

    setup: MethodSetup
    facts: psp.MethodFacts
    on_file: list[PaymentMethod]
    at: datetime

    @cached_property
    def replaced(self) -> PaymentMethod | None:
        """Whose place it takes; None when that was removed meanwhile."""
        return next((one for one in self.on_file if one.pk == self.setup.replaces_id), None)

    @cached_property
    def same(self) -> PaymentMethod | None:
        """The same card or account on file. In place of itself it may be added: that is how a card gets its new expiry date."""
        fingerprint = _fingerprint(self.facts)
        others = (one for one in self.on_file if one != self.replaced)
        return next((one for one in others if fingerprint and one.fingerprint == fingerprint), None)

    @cached_property
    def starter(self) -> Administrator | None:
        """Who started it, if still allowed to: the role may have been taken away while the page was open."""
        editors = Administrator.objects.filter(provider_id=self.setup.provider_id).who_may(Permission.EDIT_BILLING)
        return editors.filter(pk=self.setup.administrator_id).first()


@transaction.atomic
def add_method(*, setup_id: str, facts: psp.MethodFacts, at: datetime) -> None:
    """Put it on file in the place that was asked for, once: whoever comes second finds the setup done.

    What may not be added ends the setup with the reason, and is taken away from the payment provider again.
    """
    setup = MethodSetup.objects.select_related("provider", "replaces").get(pk=setup_id)
    arrival = Arrival(setup, facts, methods_in_order(setup.provider_id), at)
    if not MethodSetup.objects.filter(pk=setup.pk).revivable().exists():
        return
    if known := PaymentMethod.objects.filter(token_digest=tokens.digest(facts.token)).first():
        _settle(setup, MethodSetup.State.DONE, at, method=known)
    elif refusal := _refusal(arrival):
        _refuse(arrival, refusal)
    else:
        _welcome(arrival)


def _refusal(arrival: Arrival) -> Failure | None:
    setup, facts = arrival.setup, arrival.facts
    customer = BillingAccount.objects.values_list("psp_customer", flat=True).get(pk=setup.provider_id)
    if (facts.customer, facts.provider_id) != (customer, setup.provider_id):
        return Failure.NOT_OURS
    if arrival.starter is None:
        return Failure.NOT_ALLOWED
    if arrival.same is not None:
        return Failure.ON_FILE
    return Failure.TOO_MANY if arrival.replaced is None and len(arrival.on_file) >= MOST_METHODS else None


def _refuse(arrival: Arrival, refusal: Failure) -> None:
    setup = arrival.setup
    _settle(setup, MethodSetup.State.FAILED, arrival.at, failure=refusal, method=arrival.same)
    if refusal is not Failure.NOT_OURS:  # which is not ours to take away either
        detach_unwanted(arrival.facts.token, provider_id=setup.provider_id)
    audit.record(
        arrival.starter, f"refused.method_{refusal.value}", setup, outcome=REFUSED, at=arrival.at, message=str(refusal.label)
    )


def _welcome(arrival: Arrival) -> None:
    setup, replaced = arrival.setup, arrival.replaced
    method = _insert(arrival)
    _settle(setup, MethodSetup.State.DONE, arrival.at, method=method)
    action = "billing.method.replaced" if replaced else "billing.method.added"
    audit.record(arrival.starter, action, method, at=arrival.at, replaced=str(replaced or ""))
    method_emails.method_added(method, by=setup.by, at=arrival.at, instead_of=replaced)


def _insert(arrival: Arrival) -> PaymentMethod:
    """The row, and the order: in the place of the one it replaces, else last; first if that was asked for."""
    setup, replaced = arrival.setup, arrival.replaced
    method = _row(arrival)
    order = [method if one == replaced else one for one in arrival.on_file]
    if replaced is None:
        order.append(method)
    else:
        take_away(replaced, arrival.at)
    if setup.make_default:
        order = [method, *(one for one in order if one != method)]
    place_in_order(order)
    return method


def _row(arrival: Arrival) -> PaymentMethod:
    facts = arrival.facts
    return PaymentMethod.objects.create(
        provider_id=arrival.setup.provider_id,
        kind=facts.kind,
        sealed_token=tokens.seal(facts.token),
        token_digest=tokens.digest(facts.token),
        fingerprint=_fingerprint(facts),
        brand=_brand(facts),
        last4=facts.last4,
        expires_on=facts.expires_on,
        place=len(arrival.on_file) + 1,
        added_by=arrival.setup.by,
        added_at=arrival.at,
    )


def _settle(setup: MethodSetup, state: str, at: datetime, *, failure: str = "", method: PaymentMethod | None = None) -> None:
    setup.state, setup.settled_at, setup.failure, setup.method = state, at, failure, method
    setup.save(update_fields=["state", "settled_at", "failure", "method"])


def _brand(facts: psp.MethodFacts) -> str:
    return facts.brand[:80] or str(PaymentMethod.Kind(facts.kind).label)


def _fingerprint(facts: psp.MethodFacts) -> str:
    return tokens.digest(facts.fingerprint) if facts.fingerprint else ""
