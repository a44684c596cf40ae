"""Requests for seats: asked at the cap, told to the MSP, granted in full or in part, declined or withdrawn; who may, and what stands in the way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from msp_portal.lib.outbox import sweep
from tests import cast as people
from tests.cast import sign_in
from tests.usage.history import add
from tests.usage.test_caps import words_of
from tests.walks.stage import ask_for_seats
from usage.models import SeatRequest, Seats
from usage.queries.seat_requests import account_of, effect_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def acme(northwind):
    """At its cap of one."""
    northwind.clients[0].cap(1)
    return northwind.clients[0]


@pytest.fixture
def as_tenant(client, acme):
    return sign_in(client, acme.administrator)


@pytest.fixture
def as_owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def asked(acme):
    return ask_for_seats(acme, seats=5)


def ask(browser, acme, **typed):
    usual = {"seats": "5", "reason": "New branch", "until": ""}
    return browser.post(reverse("seat-request-new", args=[acme.pk]), {**usual, **typed})


def answer(browser, asked, how, **typed):
    return browser.post(reverse(f"seat-request-{how}", args=[asked.organization_id, asked.pk]), typed)


def grant(browser, asked, seats=5, seen_cap=1, **typed):
    return answer(browser, asked, "grant", seats=seats, seen_cap=seen_cap, **typed)


def acts():
    return list(AuditEvent.objects.filter(action__startswith="usage.").order_by("pk").values_list("action", flat=True))


def refusals():
    found = AuditEvent.objects.filter(action__startswith="refused.").order_by("pk")
    return [action.removeprefix("refused.") for action in found.values_list("action", flat=True)]


class TestAsking:
    def test_leaves_an_open_request_that_stands_by_the_seats(self, as_tenant, acme):
        day = timezone.now().date() + timedelta(days=30)
        response = ask(as_tenant, acme, until=day.isoformat())
        assert response.status_code == 303
        made = SeatRequest.objects.get()
        assert (made.state, made.seats, made.reason, made.until) == ("open", 5, "New branch", day)
        assert (made.asked_by_id, made.asked_by_name) == (acme.administrator.pk, acme.administrator.name)
        assert acts() == ["usage.seat_request.asked"]
        shown = words_of(as_tenant.get(reverse("organization-users", args=[acme.pk])))
        assert f"{acme.administrator.name} asked for 5 more seats on" in shown
        assert "Northwind MSP has not answered yet." in shown

    def test_redraws_the_seats_and_closes_the_dialog(self, as_tenant, acme):
        headers = {"HX-Request": "true", "HX-Target": "dialog"}
        url = reverse("seat-request-new", args=[acme.pk])
        response = as_tenant.post(url, {"seats": "2", "reason": "Two"}, headers=headers)
        assert response.headers["HX-Retarget"] == "#seats-line"
        assert "close-dialog" in response.headers["HX-Trigger-After-Swap"]
        assert "asked for 2 more seats" in words_of(response)

    def test_is_offered_by_the_seats_and_at_the_cap(self, as_tenant, acme):
        url = reverse("seat-request-new", args=[acme.pk])
        assert url in as_tenant.get(reverse("organization-users", args=[acme.pk])).content.decode()
        typed = {"user_name": "late", "email": "late@x.example", "first_name": "", "last_name": ""}
        refused = as_tenant.post(reverse("organization-users", args=[acme.pk]), typed)
        assert refused.status_code == 422
        assert url in refused.content.decode()

    @pytest.mark.parametrize("typed", ["0", "", "10000", "+5", "5.0", "١٢"])
    def test_is_for_a_whole_number_in_plain_digits(self, as_tenant, acme, typed):
        response = ask(as_tenant, acme, seats=typed)
        assert response.context["form"].errors == {"seats": ["Enter a whole number from 1 to 9,999, in plain digits."]}
        assert not SeatRequest.objects.exists()

    def test_needs_a_reason(self, as_tenant, acme):
        assert list(ask(as_tenant, acme, reason=" ").context["form"].errors) == ["reason"]

    def test_is_done_one_at_a_time(self, as_tenant, acme, asked):
        response = ask(as_tenant, acme)
        assert response.status_code == 422
        assert "has asked for 5 more seats already" in words_of(response)
        assert SeatRequest.objects.count() == 1
        assert refusals() == ["seat_request_open"]

    def test_goes_up_to_the_highest_cap(self, as_tenant, acme):
        acme.cap(9_998)
        assert "it can be raised by 2 at most" in words_of(ask(as_tenant, acme, seats="3"))
        assert ask(as_tenant, acme, seats="2").status_code == 303

    def test_needs_a_cap(self, as_tenant, acme):
        acme.cap(None)
        assert "There is no user cap" in words_of(ask(as_tenant, acme))
        assert refusals() == ["seat_request_without_cap"]

    def test_needs_a_day_to_come(self, as_tenant, acme):
        response = ask(as_tenant, acme, until="2020-01-31")
        assert response.context["form"].errors == {"until": ["This day is past. Choose today or a later one, or leave it empty."]}

    def test_is_for_an_open_organization(self, as_tenant, acme):
        acme.user.delete()
        acme.organization.close(at=timezone.now())
        assert "This organization is closed." in words_of(ask(as_tenant, acme))
        assert refusals() == ["organization_closed"]


class TestTheMails:
    def deliver(self):
        sweep(lambda: datetime.now(UTC))
        return {message.to[0]: message for message in mail.outbox}

    def test_about_a_request_go_to_who_may_set_caps_and_to_the_contact(self, as_tenant, northwind, acme):
        ask(as_tenant, acme)
        told = self.deliver()
        assert set(told) == {northwind.owner.email.lower(), "help@northwind.example"}
        mailed = told["help@northwind.example"]
        assert mailed.subject == "Acme Dental asks for 5 more seats"
        assert "New branch" in mailed.body
        made = SeatRequest.objects.get()
        assert reverse("seat-request", args=[acme.pk, made.pk]) in mailed.body

    def test_about_an_answer_go_to_who_asked(self, as_owner, acme, asked):
        grant(as_owner, asked, seats=3, answer="Three for now.")
        told = self.deliver()
        assert set(told) == {acme.administrator.email}
        mailed = told[acme.administrator.email]
        assert mailed.subject == "Northwind MSP granted 3 seats"
        assert "3 of 5 granted. The user cap of Acme Dental is 4 now." in mailed.body
        assert "Three for now." in mailed.body

    def test_say_why_not(self, as_owner, acme, asked):
        answer(as_owner, asked, "decline", answer="Budget is spent.")
        mailed = self.deliver()[acme.administrator.email]
        assert mailed.subject == "Northwind MSP declined your request for seats"
        assert "Budget is spent." in mailed.body

    def test_say_that_nothing_is_left_to_do_after_a_withdrawal(self, as_tenant, asked):
        answer(as_tenant, asked, "withdrawal")
        assert self.deliver()["help@northwind.example"].subject == "Acme Dental needs no more seats"

    def test_are_none_to_who_has_left(self, as_owner, acme, asked):
        acme.administrator.suspend(at=timezone.now())
        grant(as_owner, asked)
        assert not OutboxMessage.objects.filter(kind="mail").exists()


class TestGranting:
    def test_in_full_raises_the_cap_and_is_noted_as_a_change_of_the_cap_too(self, as_owner, northwind, acme, asked):
        assert grant(as_owner, asked).status_code == 303
        asked.refresh_from_db()
        assert (asked.state, asked.granted_seats, asked.decided_by_name) == ("granted", 5, northwind.owner.name)
        assert acme.seats.user_cap == 6
        assert acts() == ["usage.cap.changed", "usage.seat_request.granted"]
        assert AuditEvent.objects.get(action="usage.cap.changed").details == {"before": 1, "after": 6}

    def test_in_part_raises_the_cap_by_the_part(self, as_owner, acme, asked):
        grant(as_owner, asked, seats=2)
        asked.refresh_from_db()
        assert (asked.granted_seats, asked.is_granted_in_part, acme.seats.user_cap) == (2, True, 3)

    def test_warns_as_the_form_of_the_cap_does(self, as_owner, acme):
        acme.cap(98)
        asked = ask_for_seats(acme, seats=5)
        response = answer(as_owner, asked, "grant", seats=5, seen_cap=98)
        shown = words_of(as_owner.get(response.headers["Location"]))
        assert "This cap alone is above the 100 committed licences." in shown
        assert "Acme Dental: 5 seats granted, users capped at 103." in shown

    @pytest.mark.parametrize("seats", ["6", "0", "", "-1"])
    def test_is_for_no_more_than_was_asked(self, as_owner, acme, asked, seats):
        response = grant(as_owner, asked, seats=seats)
        assert response.context["grant_form"].errors["seats"] == ["Enter a whole number from 1 to 5, in plain digits."]
        assert acme.seats.user_cap == 1

    def test_on_a_cap_that_changed_meanwhile_shows_the_new_one_and_asks_again(self, as_owner, acme, asked):
        acme.cap(3)
        response = grant(as_owner, asked, seats=2)
        assert response.status_code == 422
        assert "changed the user cap from 1 to 3. Nothing was granted" in words_of(response)
        assert refusals() == ["seat_request_cap_changed"]
        again = response.context["grant_form"]
        assert (again["seats"].value(), again["seen_cap"].value()) == ("2", "3")
        grant(as_owner, asked, seats=2, seen_cap=3)
        assert acme.seats.user_cap == 5

    def test_where_the_cap_was_lifted_has_nothing_to_raise(self, as_owner, acme, asked):
        acme.cap(None)
        response = grant(as_owner, asked)
        assert "There is no user cap" in words_of(response)
        assert response.context["may_grant"] is False
        asked.refresh_from_db()
        assert (asked.is_open, acme.seats.user_cap) == (True, None)

    def test_at_a_closed_organization_is_refused(self, as_owner, acme, asked):
        acme.user.delete()
        acme.organization.close(at=timezone.now())
        response = grant(as_owner, asked)
        assert "This organization was closed meanwhile." in words_of(response)
        assert refusals() == ["organization_closed"]

    def test_over_the_highest_cap_says_how_many_fit(self, as_owner, acme, asked):
        acme.cap(9_998)
        response = grant(as_owner, asked, seen_cap=9_998)
        assert "it can be raised by 2 at most" in words_of(response)
        assert grant(as_owner, asked, seats=2, seen_cap=9_998).status_code == 303

    @pytest.mark.parametrize("how", ["grant", "decline"])
    def test_of_what_was_answered_tells_who_did_what(self, as_owner, northwind, acme, asked, how):
        grant(as_owner, asked, seats=3)
        response = answer(as_owner, asked, how, seats=5, seen_cap=4, answer="No.")
        assert response.status_code == 422
        assert f"Meanwhile {northwind.owner.name} granted 3 of the 5 seats. Nothing more was done." in words_of(response)
        assert acme.seats.user_cap == 4
        assert refusals() == ["seat_request_answered"]


class TestDecliningAndWithdrawing:
    def test_leave_the_cap(self, as_owner, acme, asked):
        assert answer(as_owner, asked, "decline", answer="Not this year.").status_code == 303
        asked.refresh_from_db()
        assert (asked.state, asked.answer, acme.seats.user_cap) == ("declined", "Not this year.", 1)
        assert acts() == ["usage.seat_request.declined"]

    def test_need_a_reason_to_decline(self, as_owner, asked):
        assert list(answer(as_owner, asked, "decline", answer=" ").context["decline_form"].errors) == ["answer"]

    def test_are_told_to_the_tenant_in_the_portal(self, client, northwind, acme, asked):
        answer(sign_in(client, northwind.owner), asked, "decline", answer="Not this year.")
        shown = words_of(sign_in(client, acme.administrator).get(reverse("organization-users", args=[acme.pk])))
        assert f"{northwind.owner.name} declined" in shown
        assert "Not this year." in shown
        assert "Ask for more seats" in shown

    def test_make_room_for_another_request(self, as_tenant, acme, asked):
        answer(as_tenant, asked, "withdrawal")
        asked.refresh_from_db()
        assert (asked.state, asked.decided_by_name) == ("withdrawn", acme.administrator.name)
        assert ask(as_tenant, acme).status_code == 303

    def test_of_what_was_answered_tell_who_did_what(self, client, northwind, acme, asked):
        grant(sign_in(client, northwind.owner), asked)
        tenant = sign_in(client, acme.administrator)
        response = tenant.get(answer(tenant, asked, "withdrawal").headers["Location"])
        assert f"Meanwhile {northwind.owner.name} granted 5 of the 5 seats." in words_of(response)


class TestWhatTheMspSees:
    def test_is_a_mark_at_the_row_and_a_line_above(self, as_owner, acme, asked):
        shown = as_owner.get(reverse("usage")).content.decode()
        assert "ASKS FOR 5 MORE" in shown
        assert reverse("seat-request", args=[acme.pk, asked.pk]) in shown
        assert "1 organization asks for more seats." in shown
        assert "1 organization asks for more seats." in as_owner.get(reverse("organizations")).content.decode()

    def test_is_no_mark_once_it_is_answered(self, as_owner, asked):
        grant(as_owner, asked)
        assert "ASKS FOR" not in as_owner.get(reverse("usage")).content.decode()

    def test_is_the_request_on_the_organization_s_page(self, as_owner, acme, asked):
        assert "5 more seats" in words_of(as_owner.get(acme.organization.get_absolute_url()))

    def test_is_a_list_with_the_open_ones_first_and_the_answered_below(self, as_owner, northwind, acme, asked):
        grant(as_owner, asked)
        birch = northwind.clients[1]
        birch.cap(50)
        open_one = ask_for_seats(birch, seats=2)
        response = as_owner.get(reverse("seat-requests"))
        assert [row.pk for row, _ in response.context["rows"]] == [open_one.pk, asked.pk]
        assert "50 → 52" in words_of(response)
        narrowed = as_owner.get(reverse("seat-requests"), {"state": "granted"})
        assert [row.pk for row, _ in narrowed.context["rows"]] == [asked.pk]

    def test_is_for_who_is_limited_only_his_organizations(self, client, northwind, acme, asked):
        ask_for_seats(northwind.clients[1])
        limited = sign_in(client, northwind.limited)
        assert [row.pk for row, _ in limited.get(reverse("seat-requests")).context["rows"]] == [asked.pk]
        own = words_of(limited.get(reverse("seat-request", args=[acme.pk, asked.pk])))
        assert "An Administrator With Billing can answer this request." in own
        assert "More to pay" not in own

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.BILLING_ONLY, Role.READ_ONLY])
    def test_is_answered_by_no_one_else(self, client, northwind, acme, asked, role):
        assert grant(sign_in(client, northwind.by_role[role]), asked).status_code == 403
        assert acme.seats.user_cap == 1
        assert refusals() == ["edit_caps"]


class TestTheEffect:
    def effect(self, northwind, acme, seats):
        counters = Seats.objects.as_of(timezone.now()).get(pk=acme.pk)
        return effect_of(seats, counters, account_of(northwind.provider, timezone.now()))

    def test_is_what_the_cap_the_licences_and_the_bill_become(self, northwind, acme):
        """98 users of 100 committed, all at Birch and Acme; 5 more are 3 beyond, at 7 each."""
        add(northwind.clients[1].organization, 96)
        found = self.effect(northwind, acme, 5)
        assert (found.cap, found.cap_after, found.available, found.available_after) == (1, 6, 2, 0)
        assert (found.overage, found.overage_after, found.cost, found.currency) == (0, 3, Decimal("21.00"), "USD")

    def test_is_free_within_the_commitment(self, northwind, acme):
        assert self.effect(northwind, acme, 5).cost == 0

    def test_counts_only_what_goes_beyond_the_month_s_mark(self, northwind, acme):
        add(northwind.clients[1].organization, 98)
        acme.cap(None)
        extra = [people.user(acme.organization, f"x{each}") for each in range(2)]
        for one in extra:
            one.delete()
        acme.cap(1)
        assert self.effect(northwind, acme, 3).cost == Decimal("7.00")

    def test_without_a_commitment_is_paid_at_the_unit_price(self, cast):
        quartz = cast.bluefin.clients[0]
        quartz.cap(1)
        found = self.effect(cast.bluefin, quartz, 4)
        assert (found.cost, found.committed, found.available) == (Decimal("20.00"), None, None)

    def test_follows_the_number_that_is_typed(self, as_owner, acme, asked):
        headers = {"HX-Request": "true", "HX-Target": "seat-request-effect"}
        url = reverse("seat-request", args=[acme.pk, asked.pk])
        response = as_owner.get(url, {"seats": "2"}, headers=headers)
        assert response.context["effect"].cap_after == 3
        assert response.headers["HX-Retarget"] == "#seat-request-effect"
        for junk in ("6", "x", "-1", ""):
            assert as_owner.get(url, {"seats": junk}).context["effect"].cap_after == 6
