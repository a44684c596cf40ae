"""Alerts: what counts as crossed, once a month; what is muted, replaced, closed; who is told, and what stays in the log."""

import csv
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from msp_portal.lib import outbox
from msp_portal.lib.models import OutboxMessage
from tests.cast import administrator, give_access, sign_in
from tests.usage.history import change, clock, new_organization, new_provider, run_hourly_job, utc
from tests.usage.test_caps import words_of
from tests.usage.webhooks import endpoint
from usage import alert_emails
from usage.actions import telling_alerts
from usage.actions.finding_alerts import find_crossings, find_license_crossings
from usage.actions.telling_alerts import tell_crossings
from usage.models import (
    AlertBookmark,
    AlertCrossing,
    AlertMail,
    AlertRule,
    CapEvent,
    Licensing,
    Seats,
    WebhookDelivery,
    WebhookEndpoint,
)

pytestmark = pytest.mark.django_db

BEGIN = utc(2026, 3, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEAR, REACHED, SHARE = "near_limit", "limit_reached", "cap_share"
L_NEAR, L_OVER, L_SHARE = "licenses_near", "licenses_over", "licenses_share"


@pytest.fixture
def provider():
    """With a commitment of a hundred, and from the first of March on the four usual alerts."""
    AlertBookmark.objects.update(slot=BEGIN)
    with clock(BEGIN):
        made = new_provider(committed=100)
    administrator(made, Role.ADMINISTRATOR_WITH_BILLING, first_name="Olivia")
    return made


@pytest.fixture
def acme(provider):
    return new_organization(provider, "Acme Dental", at=BEGIN)


def cap(organization, user_cap, at):
    with clock(at):
        Seats.objects.filter(pk=organization.pk).update(user_cap=user_cap)


def watch(provider, kind, percent=None, organization=None, **terms):
    usual = {"to_billing": True, "since": BEGIN}
    return AlertRule.objects.create(
        provider=provider, kind=kind, percent=percent, organization=organization, **{**usual, **terms}
    )


def only(provider, kind, percent=None, **terms):
    """That one alert and no other."""
    AlertRule.objects.filter(provider=provider).delete()
    return watch(provider, kind, percent, **terms)


def look(at=None):
    """One sweep: what was told in it, as kind, number and threshold."""
    known = set(AlertCrossing.objects.values_list("pk", flat=True))
    find_crossings()
    find_license_crossings(at=at or BEGIN)
    tell_crossings(at=at or timezone.now())
    new = AlertCrossing.objects.exclude(pk__in=known).exclude(told_at=None).order_by("at", "count", "pk")
    return [(row.kind, row.count, row.threshold) for row in new]


class TestACrossingOfACap:
    @pytest.mark.parametrize(
        ("kind", "percent", "user_cap", "users", "fires"),
        [
            (NEAR, None, 30, 19, None),
            (NEAR, None, 30, 20, 20),
            (NEAR, None, 30, 29, 20),
            (NEAR, None, 8, 1, 1),
            (NEAR, None, 1, 1, None),
            (REACHED, None, 30, 29, None),
            (REACHED, None, 30, 30, 30),
            (SHARE, 80, 30, 23, None),
            (SHARE, 80, 30, 24, 24),
            (SHARE, 1, 30, 1, 1),
            (SHARE, 101, 30, 30, None),
            (REACHED, None, None, 30, None),
            (NEAR, None, None, 30, None),
        ],
    )
    def test_is_the_step_from_below_to_the_threshold(self, provider, acme, kind, percent, user_cap, users, fires):
        only(provider, kind, percent)
        cap(acme, user_cap, BEGIN)
        change(acme, users, BEGIN + HOUR)
        assert look() == ([] if fires is None else [(kind, fires, fires)])

    @pytest.mark.parametrize(
        ("kind", "percent", "former", "lowered", "fires"),
        [
            (NEAR, None, 50, 30, [(NEAR, 25, 20)]),
            (NEAR, None, None, 30, [(NEAR, 25, 20)]),
            (NEAR, None, 50, 20, []),
            (REACHED, None, 50, 25, [(REACHED, 25, 25)]),
            (REACHED, None, 50, 20, [(REACHED, 25, 20)]),
            (REACHED, None, None, 10, [(REACHED, 25, 10)]),
            (SHARE, 250, 50, 10, [(SHARE, 25, 25)]),
            (SHARE, 251, 50, 10, []),
            (SHARE, 500, 50, 5, [(SHARE, 25, 25)]),
            (REACHED, None, 50, None, []),
            (REACHED, None, 20, 19, []),
        ],
    )
    def test_may_be_a_change_of_the_cap(self, provider, acme, kind, percent, former, lowered, fires):
        change(acme, 25, BEGIN + HOUR)
        cap(acme, former, BEGIN + 2 * HOUR)
        look()
        only(provider, kind, percent, since=BEGIN + 3 * HOUR)
        cap(acme, lowered, BEGIN + 4 * HOUR)
        assert look() == fires

    def test_is_found_although_the_number_fell_and_the_cap_changed_before_anyone_looked(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        change(acme, -3, BEGIN + 2 * HOUR)
        cap(acme, 50, BEGIN + 3 * HOUR)
        assert look() == [(REACHED, 5, 5)]

    def test_fires_once_a_month_however_often_it_comes_back(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        assert look() == [(REACHED, 5, 5)]
        change(acme, -1, BEGIN + DAY)
        change(acme, 1, BEGIN + 2 * DAY)
        assert look() == []
        assert AlertCrossing.objects.get().at == BEGIN + HOUR

    def test_fires_again_in_the_next_month_of_the_provider_s_zone(self):
        with clock(BEGIN):
            denver = new_provider(zone="America/Denver")
        acme = new_organization(denver, at=BEGIN, user_cap=5)
        only(denver, REACHED)
        change(acme, 5, utc(2026, 3, 5))
        turn = utc(2026, 4, 1, 6)
        change(acme, -1, turn - 2 * HOUR)
        change(acme, 1, turn - HOUR)  # the first of April in UTC, the last of March in Denver
        assert look() == [(REACHED, 5, 5)]
        change(acme, -1, turn + HOUR)
        change(acme, 1, turn + 2 * HOUR)
        assert look() == [(REACHED, 5, 5)]
        assert list(AlertCrossing.objects.order_by("at").values_list("month", flat=True)) == [date(2026, 3, 1), date(2026, 4, 1)]

    def test_is_not_what_was_carried_into_a_month(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        look()
        run_hourly_job(utc(2026, 4, 2))
        cap(acme, 4, utc(2026, 4, 3))  # above already
        assert look() == []

    def test_of_another_cap_is_another_threshold(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        cap(acme, 7, BEGIN + 2 * HOUR)
        change(acme, 2, BEGIN + 3 * HOUR)
        assert look() == [(REACHED, 5, 5), (REACHED, 7, 7)]

    def test_counts_from_the_moment_the_alert_stands(self, provider, acme):
        only(provider, REACHED, since=BEGIN + 2 * HOUR)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        assert look() == []

    def test_is_told_once_by_two_sweeps(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        assert look() == [(REACHED, 5, 5)]
        AlertBookmark.objects.update(event=0)  # as if the worker had died before it said how far it was
        assert look() == []
        assert AlertMail.objects.count() == 1

    def test_in_a_closed_organization_is_nobody_s_news(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        change(acme, -5, BEGIN + 2 * HOUR)
        acme.close(at=timezone.now())
        assert look() == []

    def test_takes_many_steps_where_the_ledger_is_long(self, provider, acme, monkeypatch):
        monkeypatch.setattr("usage.actions.finding_alerts.ALERT_EVENTS_A_STEP", 2)
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        AlertBookmark.objects.update(event=CapEvent.objects.get(organization=acme).pk - 1)
        assert look() == [(REACHED, 5, 5)]


class TestACrossingOfLicences:
    @pytest.mark.parametrize(
        ("kind", "percent", "before", "now", "fires"),
        [
            (L_NEAR, None, 80, 89, []),
            (L_NEAR, None, 80, 90, [(L_NEAR, 90, 90)]),
            (L_NEAR, None, 80, 100, [(L_NEAR, 100, 90)]),
            (L_NEAR, None, 80, 101, []),
            (L_NEAR, None, 90, 95, []),
            (L_OVER, None, 80, 100, []),
            (L_OVER, None, 100, 101, [(L_OVER, 101, 101)]),
            (L_SHARE, 120, 80, 119, []),
            (L_SHARE, 120, 80, 120, [(L_SHARE, 120, 120)]),
        ],
    )
    def test_is_between_two_hourly_totals(self, provider, acme, kind, percent, before, now, fires):
        change(acme, before, BEGIN + HOUR)
        run_hourly_job(BEGIN + 2 * HOUR)
        look(BEGIN + 2 * HOUR)
        only(provider, kind, percent, since=BEGIN + 2 * HOUR + timedelta(minutes=1))
        change(acme, now - before, BEGIN + timedelta(hours=2.5))
        run_hourly_job(BEGIN + 3 * HOUR)
        assert look(BEGIN + 3 * HOUR) == fires
        assert look(BEGIN + 3 * HOUR) == []

    def test_may_be_a_change_of_the_commitment(self, provider, acme):
        only(provider, L_OVER)
        change(acme, 90, BEGIN + HOUR)
        run_hourly_job(BEGIN + 2 * HOUR)
        Licensing.objects.filter(provider=provider).update(committed=50)
        run_hourly_job(BEGIN + 3 * HOUR)
        assert look(BEGIN + 3 * HOUR) == [(L_OVER, 90, 51)]

    def test_is_found_when_nobody_looked_for_hours(self, provider, acme):
        only(provider, L_OVER)
        run_hourly_job(BEGIN + HOUR)
        look(BEGIN + HOUR)
        change(acme, 101, BEGIN + 2 * HOUR)
        run_hourly_job(BEGIN + 40 * HOUR)
        assert look(BEGIN + 40 * HOUR) == [(L_OVER, 101, 101)]

    def test_needs_a_commitment(self):
        with clock(BEGIN):
            bluefin = new_provider("Bluefin IT", committed=None)
        change(new_organization(bluefin, at=BEGIN), 5, BEGIN + HOUR)
        run_hourly_job(BEGIN + 2 * HOUR)
        assert look(BEGIN + 2 * HOUR) == []


class TestARule:
    def test_of_one_organization_takes_the_place_of_the_provider_s_of_its_kind(self, provider, acme):
        birch = new_organization(provider, "Birch Legal", at=BEGIN)
        only(provider, SHARE, 50)
        watch(provider, SHARE, 90, organization=acme)
        for one in (acme, birch):
            cap(one, 10, BEGIN)
            change(one, 5, BEGIN + HOUR)
        assert look() == [(SHARE, 5, 5)]
        assert AlertCrossing.objects.get().organization == birch
        change(acme, 4, BEGIN + 2 * HOUR)
        assert look() == [(SHARE, 9, 9)]

    @pytest.mark.parametrize(
        ("until", "fires"), [(None, []), (BEGIN + DAY, []), (BEGIN + timedelta(minutes=30), [(REACHED, 5, 5)])]
    )
    def test_that_is_muted_sees_nothing(self, provider, acme, until, fires):
        only(provider, REACHED, muted_at=BEGIN, muted_until=until)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        assert look() == fires

    def test_that_was_muted_tells_the_next_crossing_of_the_month(self, provider, acme):
        only(provider, REACHED, muted_at=BEGIN, muted_until=BEGIN + 2 * HOUR)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        change(acme, -1, BEGIN + 3 * HOUR)
        change(acme, 1, BEGIN + 4 * HOUR)
        look()
        assert AlertCrossing.objects.get().at == BEGIN + 4 * HOUR

    def test_stands_four_times_from_the_provider_s_first_day(self, provider):
        rules = AlertRule.objects.filter(provider=provider)
        assert {rule.kind for rule in rules} == {NEAR, REACHED, L_NEAR, L_OVER}
        assert all(rule.to_billing and rule.by_email and rule.by_webhook and rule.since == BEGIN for rule in rules)


class TestWhoIsTold:
    @pytest.fixture
    def northwind(self, cast):
        AlertRule.objects.filter(provider=cast.northwind.provider).delete()
        return cast.northwind

    def told(self, northwind, kind=REACHED, organization=None, **terms):
        rule = watch(northwind.provider, kind, organization=organization, since=timezone.now(), **{"to_billing": False, **terms})
        AlertCrossing.objects.create(
            provider=northwind.provider,
            organization=None if rule.is_of_licenses else northwind.clients[1].organization,
            rule=rule,
            kind=kind,
            threshold=5,
            count=5,
            limit=5,
            month=date(2026, 3, 1),
            at=timezone.now(),
        )
        tell_crossings(at=timezone.now())
        return set(AlertMail.objects.values_list("email", flat=True))

    def test_is_who_is_named_and_may_see_it(self, northwind):
        reader, owner = northwind.by_role[Role.READ_ONLY], northwind.owner
        names = [reader.pk, northwind.limited.pk, northwind.suspended.pk, northwind.clients[1].administrator.pk]
        told = self.told(northwind, administrators=names, emails=["Ops@x.example"], to_billing=True)
        assert told == {reader.email, owner.email, "ops@x.example"}  # the limited manager reaches the other client only

    def test_is_a_limited_manager_of_his_own_organizations(self, northwind):
        give_access(northwind.limited, northwind.clients[1].organization)
        assert self.told(northwind, administrators=[northwind.limited.pk]) == {northwind.limited.email}

    def test_is_nobody_who_may_not_see_licences(self, northwind):
        billing = northwind.by_role[Role.BILLING_ONLY]
        told = self.told(northwind, L_OVER, administrators=[northwind.by_role[Role.READ_ONLY].pk, billing.pk])
        assert told == {billing.email}

    def test_is_nobody_when_only_the_webhook_is_wanted(self, northwind, monkeypatch):
        announced = []
        monkeypatch.setattr(telling_alerts, "announce", lambda kind, body, **at: announced.append((kind, body)) or 2)
        assert self.told(northwind, by_email=False, to_billing=True) == set()
        [(kind, body)] = announced
        assert (kind, body["count"], body["organization"]["name"]) == ("alert.limit_reached", 5, "Birch Legal")
        assert AlertCrossing.objects.get().webhooks == 2

    def test_keeps_the_others_waiting_for_nothing(self, northwind, monkeypatch):
        """One that fails is tried again; the others were told."""

        def fail(*_, **__):
            raise RuntimeError("no")

        monkeypatch.setattr(telling_alerts, "announce", fail)
        with pytest.raises(ExceptionGroup, match="alerts"):
            self.told(northwind, to_billing=True)
        assert AlertCrossing.objects.untold().count() == 1
        assert not AlertMail.objects.exists()
        monkeypatch.undo()
        assert tell_crossings(at=timezone.now()) == 1
        assert AlertMail.objects.count() == 1


class TestTheMail:
    @pytest.fixture
    def fired(self, provider, acme):
        only(provider, REACHED)
        cap(acme, 5, BEGIN)
        change(acme, 5, BEGIN + HOUR)
        look()
        return AlertCrossing.objects.get()

    def test_says_what_happened_what_it_means_and_where_to_act(self, provider, acme, fired):
        outbox.sweep(lambda: datetime.now(UTC))
        [written] = mail.outbox
        assert written.subject == "Acme Dental has reached its user cap: 5 users, cap 5"
        for part in (
            "Hello Olivia",
            "Since 1 Mar 2026, 01:00 UTC.",
            "Nobody can be added there until users are removed or the user cap is raised.",
            reverse("cap", args=[acme.pk]),
            reverse("alert", args=[fired.rule_id]),
        ):
            assert part in written.body, written.body
        assert AlertMail.objects.get().sent_at is not None

    def test_tells_what_a_user_above_the_commitment_costs(self, provider, acme):
        only(provider, L_OVER)
        change(acme, 101, BEGIN + HOUR)
        run_hourly_job(BEGIN + 2 * HOUR)
        look(BEGIN + 2 * HOUR)
        outbox.sweep(lambda: datetime.now(UTC))
        [written] = mail.outbox
        assert "billed as overage, 7.00\u00a0USD each for the month" in written.body
        assert "This is the hourly total, as the Usage page shows it." in written.body

    def test_is_one_for_all_that_somebody_hears_of_at_once(self, provider):
        only(provider, REACHED, emails=["ops@x.example"])
        many = [new_organization(provider, f"Client {number}", at=BEGIN, user_cap=5) for number in range(3)]
        for organization in many:
            change(organization, 5, BEGIN + HOUR)
        assert len(look()) == 3
        outbox.sweep(lambda: datetime.now(UTC))
        assert sorted(message.to[0].split("@")[0] for message in mail.outbox) == sorted(
            email.split("@")[0] for email in set(AlertMail.objects.values_list("email", flat=True))
        )
        assert mail.outbox[0].subject.startswith("3 alerts: Client ")
        for organization in many:
            assert f"{organization.name} has reached its user cap: 5 users, cap 5." in mail.outbox[0].body
            assert reverse("cap", args=[organization.pk]) in mail.outbox[0].body
        assert AlertMail.objects.exclude(sent_at=None).count() == 6

    def test_of_a_crossing_that_cannot_be_told_keeps_those_beside_it_waiting_for_nothing(self, provider, monkeypatch):
        only(provider, REACHED)
        for name in ("Good", "Bad", "Better"):
            change(new_organization(provider, name, at=BEGIN, user_cap=5), 5, BEGIN + HOUR)
        write = alert_emails.write

        def fail_with_one(crossing, *more, **terms):
            if crossing.organization.name == "Bad":
                raise RuntimeError("no")
            return write(crossing, *more, **terms)

        monkeypatch.setattr(alert_emails, "write", fail_with_one)
        find_crossings()
        with pytest.raises(ExceptionGroup, match="alerts"):
            tell_crossings(at=timezone.now())
        assert [crossing.organization.name for crossing in AlertCrossing.objects.untold()] == ["Bad"]
        assert AlertMail.objects.count() == 2

    def test_that_fails_is_noted_and_goes_out_with_the_next_try(self, fired, monkeypatch):
        def refuse(*_):
            raise OSError("mail server away")

        with monkeypatch.context() as patch:
            patch.setattr(outbox, "send_mail", refuse)
            outbox.sweep(lambda: datetime.now(UTC))
        noted = AlertMail.objects.get()
        assert (noted.sent_at, noted.error) == (None, "OSError('mail server away')")
        outbox.sweep(lambda: datetime.now(UTC) + timedelta(minutes=2))
        noted.refresh_from_db()
        assert (noted.sent_at is not None, noted.failed_at, len(mail.outbox)) == (True, None, 1)


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


def typed(**fields):
    return {"kind": SHARE, "percent": "80", "organization": "", "to_billing": "on", "by_email": "on", "by_webhook": "on"} | fields


def acts():
    return list(AuditEvent.objects.filter(action__startswith="usage.alert").order_by("pk").values_list("action", flat=True))


def rule_of(northwind, kind=REACHED):
    return AlertRule.objects.get(provider=northwind.provider, kind=kind, organization=None)


class TestThePages:
    def test_list_the_usual_alerts_and_say_which_takes_the_place_of_which(self, owner):
        words = words_of(owner.get(reverse("alerts")))
        for part in (
            "1 to 10 seats are left under the user cap",
            "reach 90 % of the commitment",
            "All administrators with billing",
        ):
            assert part in words
        assert "An alert of one organization takes the place of those of the same kind" in words

    def test_narrow_to_no_organization_that_is_none(self, owner, northwind):
        acme = northwind.clients[0].organization
        assert acme.name in words_of(owner.get(reverse("alerts"), {"organization": acme.pk}))
        nowhere = owner.get(reverse("alerts"), {"organization": "\0"})
        assert nowhere.status_code == 200
        assert acme.name not in words_of(nowhere)

    def test_add_an_alert_of_one_organization(self, owner, northwind):
        birch = northwind.clients[1]
        assert "selected" in owner.get(reverse("alert-new"), {"organization": birch.pk}).content.decode()
        ops = typed(
            percent="120", organization=birch.pk, administrators=[northwind.limited.pk], emails="a@x.example, B@x.example"
        )
        assert owner.post(reverse("alert-new"), ops).status_code == 303
        made = AlertRule.objects.get(organization=birch.organization)
        assert (made.percent, made.administrators) == (120, [northwind.limited.pk])
        assert made.emails == ["a@x.example", "b@x.example"]
        assert acts() == ["usage.alert.added"]
        held = words_of(owner.get(reverse("alerts"), {"organization": birch.pk}))
        assert "reach 120 % of the user cap" in held
        assert "licences" not in held.split("An alert of one")[0].split("Tells")[1]

    @pytest.mark.parametrize(
        ("fields", "field", "words"),
        [
            ({"percent": "0"}, "percent", "Enter a whole number from 1 to 500, in plain digits."),
            ({"percent": "501"}, "percent", "Enter a whole number from 1 to 500, in plain digits."),
            ({"percent": "8e1"}, "percent", "Enter a whole number from 1 to 500, in plain digits."),
            ({"percent": ""}, "percent", "Enter the percentage that is to be watched."),
            ({"emails": "ops"}, "emails", "No e-mail address: ops."),
            ({"emails": " ".join(f"a{n}@x.example" for n in range(11))}, "emails", "At most 10 addresses."),
            ({"kind": REACHED, "percent": "80"}, "__all__", "There is such an alert already."),
            ({"to_billing": "", "by_webhook": ""}, "__all__", "Choose somebody to tell by e-mail, or send it by webhook."),
        ],
    )
    def test_refuse_what_makes_no_alert(self, owner, fields, field, words):
        number = AlertRule.objects.count()
        answer = owner.post(reverse("alert-new"), typed(**fields))
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors[field])
        assert AlertRule.objects.count() == number

    def test_refuse_licences_of_one_organization_and_for_readers_who_may_not_see_them(self, owner, northwind):
        one = typed(kind=L_SHARE, organization=northwind.clients[0].pk)
        assert "organization" in owner.post(reverse("alert-new"), one).context["form"].errors
        blind = typed(kind=L_SHARE, administrators=[northwind.by_role[Role.READ_ONLY].pk])
        assert "administrators" in owner.post(reverse("alert-new"), blind).context["form"].errors
        assert owner.post(reverse("alert-new"), typed(kind=L_SHARE)).status_code == 303

    def test_change_mute_unmute_and_remove(self, owner, northwind):
        rule = rule_of(northwind)
        assert owner.post(reverse("alert", args=[rule.pk]), typed(emails="ops@x.example")).status_code == 303
        day = (timezone.now() + 3 * DAY).date().isoformat()
        assert owner.post(reverse("alert-muting", args=[rule.pk]), {"until": "2020-01-01"}).status_code == 422
        assert owner.post(reverse("alert-muting", args=[rule.pk]), {"until": day}).status_code == 303
        assert "Muted until" in words_of(owner.get(reverse("alert", args=[rule.pk])))
        owner.post(reverse("alert-unmuting", args=[rule.pk]))
        rule.refresh_from_db()
        assert (rule.emails, rule.percent, rule.muted_at, rule.muted_until) == (["ops@x.example"], None, None, None)
        assert "Remove this alert?" in words_of(owner.get(reverse("alert-removal", args=[rule.pk])))
        owner.post(reverse("alert-removal", args=[rule.pk]))
        assert not AlertRule.objects.filter(pk=rule.pk).exists()
        assert [act.removeprefix("usage.alert.") for act in acts()] == ["changed", "muted", "unmuted", "removed"]

    def test_send_a_test_that_counts_as_no_crossing(self, owner, northwind):
        rule = rule_of(northwind)
        assert owner.post(reverse("alert-test", args=[rule.pk])).status_code == 303
        outbox.sweep(lambda: datetime.now(UTC))
        [written] = mail.outbox
        assert written.subject.startswith("Test: An organization (example) has reached its user cap")
        assert not AlertCrossing.objects.exists()
        assert northwind.owner.email in words_of(owner.get(reverse("alert", args=[rule.pk])))

    def test_send_a_test_of_what_would_just_cross(self, owner, northwind):
        northwind.clients[0].cap(50)
        whose = {"provider": northwind.provider, "organization": northwind.clients[0].organization}
        rule = AlertRule.objects.create(**whose, kind="cap_share", percent=70, emails=["ops@x.example"], since=timezone.now())
        owner.post(reverse("alert-test", args=[rule.pk]))
        outbox.sweep(lambda: datetime.now(UTC))
        assert "reached 70 % of its user cap: 35 users, cap 50" in mail.outbox[0].subject

    def test_send_so_many_a_day_and_no_more(self, owner, northwind, monkeypatch):
        rule = rule_of(northwind)
        AlertRule.objects.filter(pk=rule.pk).update(emails=["stranger@x.example"], to_billing=False)
        northwind.clients[0].cap(1)
        look(timezone.now())
        monkeypatch.setattr("usage.actions.telling_alerts.ALERT_MAILS_ASKED_MAX", 2)
        test, again = reverse("alert-test", args=[rule.pk]), reverse("alert-replay", args=[AlertCrossing.objects.get().pk])
        assert [owner.post(url).status_code for url in (test, again)] == [303, 303]
        refused = [owner.post(url) for url in (test, again)]
        assert ["tested or sent again today" in words_of(each) for each in refused] == [True, True]
        assert sorted(AlertMail.objects.values_list("purpose", flat=True)) == ["crossing", "replay", "test"]
        monkeypatch.setattr("usage.actions.telling_alerts.ALERT_MAILS_WINDOW", timedelta(0))  # as if they were yesterday's
        assert owner.post(test).status_code == 303

    def test_say_that_a_test_would_reach_nobody(self, owner, northwind):
        rule = rule_of(northwind)
        AlertRule.objects.filter(pk=rule.pk).update(to_billing=False)
        answer = owner.post(reverse("alert-test", args=[rule.pk]))
        assert answer.status_code == 422
        assert "Nothing was sent" in words_of(answer)

    def test_show_licences_only_to_who_may_see_them(self, client, northwind):
        reader = sign_in(client, northwind.by_role[Role.READ_ONLY])
        assert "licences" not in words_of(reader.get(reverse("alerts"))).split("An alert of one")[0].split("Tells")[1]
        assert reader.get(reverse("alert", args=[rule_of(northwind, L_OVER).pk])).status_code == 404
        assert reader.get(reverse("alert", args=[rule_of(northwind).pk])).status_code == 200

    def test_say_that_nothing_goes_by_webhook_while_none_listens(self, owner, northwind):
        words, page = "No webhook listens to this now", reverse("alert", args=[rule_of(northwind).pk])
        assert words in words_of(owner.get(page))
        endpoint(northwind.provider, types=["alert.near_limit"])
        assert words in words_of(owner.get(page))
        assert words not in words_of(owner.get(reverse("alert-new")))
        endpoint(northwind.provider, types=["alert.limit_reached"])
        assert words not in words_of(owner.get(page))
        AlertRule.objects.filter(pk=rule_of(northwind, NEAR).pk).update(by_webhook=False)
        assert words not in words_of(owner.get(reverse("alert", args=[rule_of(northwind, NEAR).pk])))
        WebhookEndpoint.objects.all().delete()
        assert words in words_of(owner.get(reverse("alert-new")))

    def test_tell_a_limited_manager_that_others_hold_at_his_organizations_too(self, client, owner, northwind):
        said = "Those for all organizations hold here too"
        assert said not in words_of(owner.get(reverse("alerts")))
        assert said in words_of(sign_in(client, northwind.limited).get(reverse("alerts")))

    def test_need_the_percentage_of_a_share(self, owner):
        assert "Percentage Only for a share" in words_of(owner.get(reverse("alert-new")))


class TestTheLog:
    @pytest.fixture
    def fired(self, northwind):
        acme = northwind.clients[0]
        acme.cap(1)
        look(timezone.now())
        return AlertCrossing.objects.get()

    def test_tells_what_fired_and_whether_it_was_delivered(self, owner, northwind, fired):
        words = words_of(owner.get(reverse("alert-log")))
        assert "Acme Dental has reached its user cap: 1 users, cap 1" in words
        assert "0 of 1 mail sent" in words
        outbox.sweep(lambda: datetime.now(UTC))
        assert "1 of 1 mail sent" in words_of(owner.get(reverse("alert-log")))
        assert northwind.owner.email in words_of(owner.get(reverse("alert-crossing", args=[fired.pk])))

    def test_is_a_csv_of_the_same_rows(self, owner, fired):
        text = b"".join(owner.get(reverse("alert-log-csv")).streaming_content).decode("utf-8-sig")
        [row] = csv.DictReader(StringIO(text))
        assert (row["Alert"], row["Organization"], row["Count"], row["Threshold"]) == ("Limit reached", "Acme Dental", "1", "1")
        assert (row["Mails"], row["Mails sent"]) == ("1", "0")

    def test_sends_one_again_to_whom_the_alert_names_now(self, owner, fired):
        AlertRule.objects.filter(pk=fired.rule_id).update(emails=["ops@x.example"], to_billing=False)
        assert owner.post(reverse("alert-replay", args=[fired.pk])).status_code == 303
        assert AlertMail.objects.get(purpose="replay").email == "ops@x.example"
        assert AlertCrossing.objects.count() == 1
        assert acts() == ["usage.alert.replayed"]

    def test_leads_to_the_very_deliveries_of_a_crossing_its_replays_and_a_test(self, client, owner, northwind, fired):
        endpoint(northwind.provider)
        for page in (reverse("alert-replay", args=[fired.pk]), reverse("alert-test", args=[fired.rule_id])):
            assert owner.post(page).status_code == 303
        again, tested = WebhookDelivery.objects.order_by("pk")
        for page, delivery in (("alert-crossing", again), ("alert", tested)):
            shown = owner.get(reverse(page, args=[delivery.about])).content.decode()
            links = set(re.findall(r"/account/webhooks/\w+/deliveries/\w+/", shown))
            assert links == {reverse("webhook-delivery", args=[delivery.endpoint_id, delivery.pk])}
        reader = sign_in(client, northwind.by_role[Role.READ_ONLY])
        assert "deliveries/" not in reader.get(reverse("alert-crossing", args=[fired.pk])).content.decode()

    def test_keeps_what_an_alert_told_that_was_removed(self, owner, fired):
        owner.post(reverse("alert-removal", args=[fired.rule_id]))
        assert "has reached its user cap" in words_of(owner.get(reverse("alert-log")))
        answer = owner.post(reverse("alert-replay", args=[fired.pk]))
        assert answer.status_code == 422
        assert "The alert was removed meanwhile" in words_of(answer)

    def test_shows_a_limited_manager_what_he_reaches(self, client, northwind, fired):
        limited = sign_in(client, northwind.limited)
        assert "Acme Dental has reached" in words_of(limited.get(reverse("alert-log")))
        northwind.limited.access.all().delete()
        assert "Nothing has fired yet" in words_of(limited.get(reverse("alert-log")))


def test_messages_of_alerts_leave_nothing_behind(provider, acme):
    only(provider, REACHED)
    cap(acme, 1, BEGIN)
    change(acme, 1, BEGIN + HOUR)
    look()
    assert OutboxMessage.objects.get().kind == "alert"
    outbox.sweep(lambda: datetime.now(UTC))
    assert OutboxMessage.objects.get().payload == {}
