"""Alerts of the sample: what the last weeks really crossed, told as the worker would have. No mail is written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from accounts.models import Administrator
from accounts.roles import Role
from billing.sample.cast import AT_THE_CAP, NEAR_THE_CAP
from usage.actions.finding_alerts import find_crossings, find_license_crossings
from usage.models import AlertBookmark, AlertCrossing, AlertKind, AlertMail, AlertRule

WATCHED_FOR: Final = timedelta(days=40)
SENT_AFTER: Final = timedelta(seconds=50)


def make_alerts(administrators: Sequence[Administrator], at: datetime) -> None:
    """One share of a cap for all, an alert of one client's own and one that is muted, beside the usual four; and what they told."""
    begun = at - WATCHED_FOR
    places = {place.organization.name: place for place in administrators if place.organization}
    owners = [one for one in administrators if one.role == Role.ADMINISTRATOR_WITH_BILLING]
    provider_id = places[AT_THE_CAP].provider_id
    terms = {"provider_id": provider_id, "to_billing": True, "since": begun}
    AlertRule.objects.create(**terms, kind=AlertKind.CAP_SHARE, percent=80, changed_by=owners[0].name)
    own = {"organization": places[AT_THE_CAP].organization, "emails": ["service-desk@northwind.example"]}
    AlertRule.objects.create(**terms, kind=AlertKind.CAP_SHARE, percent=50, **own)
    quiet = {"organization": places[NEAR_THE_CAP].organization, "muted_at": at - timedelta(days=3)}
    AlertRule.objects.create(**terms, kind=AlertKind.NEAR_LIMIT, **quiet)
    AlertRule.objects.update(since=begun)
    AlertBookmark.objects.update(event=0, slot=begun)
    find_crossings()
    find_license_crossings(at=at)
    for owner in owners:
        _tell(owner)
    AlertCrossing.objects.update(told_at=at)


def _tell(owner: Administrator) -> None:
    AlertMail.objects.bulk_create(
        AlertMail(
            provider_id=owner.provider_id,
            organization_id=crossing.organization_id,
            rule_id=crossing.rule_id,
            crossing=crossing,
            purpose=AlertMail.Purpose.CROSSING,
            email=owner.email,
            name=owner.name,
            made_at=crossing.at,
            sent_at=crossing.at + SENT_AFTER,
        )
        for crossing in AlertCrossing.objects.filter(provider_id=owner.provider_id)
    )
