"""Caps with dates: planned, shown wherever the cap is, kept or named when it is edited, and done once, however late the worker is."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests import raw
from tests.cast import sign_in
from tests.usage.history import utc
from tests.usage.test_many_caps import confirm, preview, ticked, words_of
from usage.actions.cap_changes import follow_cap_changes
from usage.actions.caps import set_user_cap
from usage.forms.cap_terms import LocalTimeField
from usage.models import CapChange, Seats
from usage.queries.cap_changes import what_follows

NOW = timezone.now().replace(second=0, microsecond=0)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def acme(db, cast):
    """Capped at 1,000."""
    cast.northwind.clients[0].cap(1_000)
    return cast.northwind.clients[0]


@pytest.fixture
def owner(client, cast):
    return sign_in(client, cast.northwind.owner)


def open_plan(acme):
    return CapChange.objects.open().filter(organization_id=acme.pk).first()


def typed(at):
    """As a browser sends it; Northwind lives in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M") if at else ""


def save(browser, acme, user_cap, **fields):
    plan = open_plan(acme)
    asked = {"limit": "capped", "user_cap": str(user_cap), "seen": plan.pk if plan else "", **fields}
    return browser.post(reverse("cap", args=[acme.pk]), asked)


def plan(browser, acme, user_cap, begins=None, ends=None, **fields):
    return save(browser, acme, user_cap, **{"term": "dated", "begins_at": typed(begins), "ends_at": typed(ends), **fields})


def dialog(browser, acme):
    return browser.get(reverse("cap", args=[acme.pk]))


def errors_of(response):
    assert response.status_code == 422
    return dict(response.context["form"].errors)


class TestATemporaryCap:
    def test_stands_at_once_and_gives_way_to_the_former_one_at_its_end(self, owner, acme):
        assert plan(owner, acme, 1_200, ends=NOW + DAY).status_code == 303
        assert acme.seats.user_cap == 1_200
        assert follow_cap_changes(at=NOW + DAY - timedelta(seconds=1)) == 0
        assert acme.seats.user_cap == 1_200
        assert follow_cap_changes(at=NOW + DAY) == 1
        assert acme.seats.user_cap == 1_000
        assert open_plan(acme) is None

    def test_ends_although_the_worker_slept_over_its_end(self, owner, acme):
        """Acceptance 7."""
        plan(owner, acme, 1_200, ends=NOW + DAY)
        assert follow_cap_changes(at=NOW + 40 * DAY) == 1
        assert acme.seats.user_cap == 1_000

    def test_may_be_no_cap_and_may_give_way_to_none(self, owner, acme):
        plan(owner, acme, "", ends=NOW + DAY, limit="none")
        assert acme.seats.user_cap is None
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_000
        acme.cap(None)
        plan(owner, acme, 50, ends=NOW + DAY)
        assert follow_cap_changes(at=NOW + DAY) == 1
        assert acme.seats.user_cap is None

    def test_is_done_once_however_often_the_task_runs(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        assert [follow_cap_changes(at=NOW + DAY) for _ in range(3)] == [1, 0, 0]
        acme.cap(700)
        follow_cap_changes(at=NOW + 2 * DAY)
        assert acme.seats.user_cap == 700
        assert AuditEvent.objects.filter(action="usage.cap.returned").count() == 1

    def test_of_a_closed_organization_ends_without_a_cap(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        acme.organization.users.all().delete()
        acme.organization.close(at=timezone.now())
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_200
        assert CapChange.objects.get(organization_id=acme.pk).outcome == "closed"


class TestAScheduledCap:
    def test_is_none_of_a_closed_organization(self, owner, cast):
        birch = cast.northwind.clients[1]
        birch.organization.users.all().delete()
        birch.organization.close(at=timezone.now())
        assert "This organization is closed." in str(errors_of(plan(owner, birch, 50, begins=NOW + DAY)))
        assert open_plan(birch) is None

    def test_begins_by_itself_and_stays(self, owner, acme):
        plan(owner, acme, 1_200, begins=NOW + DAY)
        assert acme.seats.user_cap == 1_000
        assert follow_cap_changes(at=NOW + DAY - timedelta(seconds=1)) == 0
        follow_cap_changes(at=NOW + DAY)
        assert (acme.seats.user_cap, open_plan(acme)) == (1_200, None)

    def test_returns_to_the_cap_that_stood_when_it_began(self, owner, acme):
        plan(owner, acme, 1_200, begins=NOW + DAY, ends=NOW + 3 * DAY)
        acme.cap(1_100)
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_200
        follow_cap_changes(at=NOW + 3 * DAY)
        assert acme.seats.user_cap == 1_100

    def test_that_was_slept_over_as_a_whole_leaves_the_cap_and_its_trail(self, owner, cast, acme):
        plan(owner, acme, 1_200, begins=NOW + DAY, ends=NOW + 2 * DAY)
        assert follow_cap_changes(at=NOW + 9 * DAY) == 1
        assert (acme.seats.user_cap, open_plan(acme)) == (1_000, None)
        lines = AuditEvent.objects.filter(action__in=["usage.cap.begun", "usage.cap.returned"]).order_by("pk")
        assert [(line.actor_kind, line.details["before"], line.details["after"]) for line in lines] == [
            ("system", 1_000, 1_200),
            ("system", 1_200, 1_000),
        ]
        assert {line.details["planned_by"] for line in lines} == {cast.northwind.owner.name}


class TestAnEditMeanwhile:
    """Acceptance 7: what will happen at the end is said, and kept unless the person says otherwise."""

    def test_keeps_the_return_when_nothing_is_said_of_it(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        assert save(owner, acme, 1_300).status_code == 303
        assert acme.seats.user_cap == 1_300
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_000

    def test_says_what_will_happen_and_lets_one_keep_it(self, owner, acme):
        plan(owner, acme, 1_200, ends=utc(NOW.year + 1, 12, 3))
        shown = words_of(dialog(owner, acme))
        assert f"Keep what is planned: until 3 Dec {NOW.year + 1}, then 1,000" in shown
        assert "Drop what is planned: this cap stays" in shown
        save(owner, acme, 1_300, term="keep")
        assert open_plan(acme).former_cap == 1_000

    def test_lets_one_change_the_end_and_keeps_the_cap_to_return_to(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        assert plan(owner, acme, 1_300, ends=NOW + 5 * DAY).status_code == 303
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_300
        follow_cap_changes(at=NOW + 5 * DAY)
        assert acme.seats.user_cap == 1_000
        assert [change.outcome for change in CapChange.objects.order_by("pk")] == ["replaced", "done"]

    def test_lets_one_drop_it(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        save(owner, acme, 1_300, term="drop")
        assert follow_cap_changes(at=NOW + DAY) == 0
        assert acme.seats.user_cap == 1_300
        assert AuditEvent.objects.filter(action="usage.cap.dropped").count() == 1

    def test_names_an_end_or_drops_it(self, owner, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        assert errors_of(plan(owner, acme, 1_300)) == {"ends_at": ["Enter when it begins, when it ends, or both."]}
        assert "begins_at" in errors_of(plan(owner, acme, 1_300, begins=NOW + DAY, ends=NOW + 2 * DAY))
        assert acme.seats.user_cap == 1_200

    def test_by_the_api_or_in_bulk_keeps_it_too_and_the_preview_says_so(self, owner, cast, acme):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        set_user_cap(organization=acme.organization, user_cap=1_300, by=cast.northwind.owner, at=timezone.now())
        shown = preview(owner, ticked([acme.organization], "raise", "50"))
        assert re.search(r"1,350 until .*, then 1,000", words_of(shown))
        confirm(owner, shown)
        assert acme.seats.user_cap == 1_350
        follow_cap_changes(at=NOW + DAY)
        assert acme.seats.user_cap == 1_000

    @pytest.mark.parametrize("term", ["now", "keep", "dated", "drop"])
    def test_is_refused_when_the_plan_is_another_by_now(self, owner, acme, term):
        plan(owner, acme, 1_200, ends=NOW + DAY)
        response = plan(owner, acme, 1_300, ends=NOW + 2 * DAY if term == "dated" else NOW + DAY, term=term, seen="")
        assert response.status_code == 422
        assert acme.seats.user_cap == 1_200
        assert open_plan(acme).ends_at == NOW + DAY

    def test_of_a_plan_that_waits_takes_its_place(self, owner, acme):
        plan(owner, acme, 1_200, begins=NOW + DAY)
        plan(owner, acme, 1_500, begins=NOW + 2 * DAY, ends=NOW + 3 * DAY)
        assert (acme.seats.user_cap, open_plan(acme).user_cap) == (1_000, 1_500)


class TestWhatIsTyped:
    @pytest.mark.parametrize(
        ("begins", "ends", "at"),
        [
            (None, None, "ends_at"),
            (-HOUR, None, "begins_at"),
            (None, -HOUR, "ends_at"),
            (DAY, DAY, "ends_at"),
            (2 * DAY, DAY, "ends_at"),
            (1_200 * DAY, None, "begins_at"),
        ],
    )
    def test_is_refused_where_it_makes_no_sense(self, owner, acme, begins, ends, at):
        response = plan(owner, acme, 1_200, begins=begins and NOW + begins, ends=ends and NOW + ends)
        assert at in errors_of(response)
        assert (acme.seats.user_cap, open_plan(acme)) == (1_000, None)

    @pytest.mark.parametrize("junk", ["tomorrow", "2026-13-01T00:00", "2026-02-30T10:00", "0001-01-01T00:00", "9999-12-31T23:59"])
    def test_is_refused_at_its_field_and_stays_in_it(self, owner, acme, junk):
        response = save(owner, acme, 1_200, term="dated", begins_at="", ends_at=junk)
        assert "ends_at" in errors_of(response)
        assert junk in unescape(response.content.decode())

    def test_with_a_date_but_without_the_choice_is_asked_about(self, owner, acme):
        response = save(owner, acme, 1_200, term="now", ends_at=typed(NOW + DAY))
        assert "term" in errors_of(response)
        assert acme.seats.user_cap == 1_000

    def test_is_read_on_the_provider_s_clocks(self, owner, cast, acme):
        cast.northwind.provider.time_zone = "America/Denver"
        cast.northwind.provider.save(update_fields=["time_zone"])
        year = NOW.year + 1
        save(owner, acme, 1_200, term="dated", begins_at="", ends_at=f"{year}-07-01T00:00")
        assert open_plan(acme).ends_at == utc(year, 7, 1, 6)
        assert f"1,200 until 1 Jul {year}, then 1,000" in words_of(dialog(owner, acme))
        assert f'value="{year}-07-01T00:00"' in dialog(owner, acme).content.decode()

    def test_is_refused_where_the_clocks_leap_and_the_first_where_they_show_it_twice(self):
        field = LocalTimeField(label="From")
        field.zone = "Europe/Berlin"
        with pytest.raises(Exception, match="leap over this time"):
            field.clean("2026-03-29T02:30")
        assert field.clean("2026-10-25T02:30") == utc(2026, 10, 25, 0, 30)
        assert field.clean("2026-03-29T03:30") == utc(2026, 3, 29, 1, 30)


class TestItIsShown:
    def test_on_the_usage_row_the_organization_and_the_dialog(self, owner, acme):
        year = NOW.year + 1
        plan(owner, acme, 1_200, ends=utc(year, 12, 3))
        told = f"until 3 Dec {year}, then 1,000"
        for page in (reverse("usage"), acme.organization.get_absolute_url(), reverse("cap", args=[acme.pk])):
            assert re.search(f"1,200 {told}", words_of(owner.get(page))), page

    def test_in_the_row_and_the_toast_that_answer_the_dialog(self, owner, acme):
        page = {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": f"http://testserver{reverse('usage')}"}
        year = NOW.year + 1
        asked = {"limit": "capped", "user_cap": "1200", "term": "dated", "ends_at": f"{year}-12-03T00:00", "seen": ""}
        response = owner.post(reverse("cap", args=[acme.pk]), asked, headers=page)
        assert f"until 3 Dec {year}, then 1,000" in words_of(response)
        assert f"Acme Dental: 1,200, until 3 Dec {year}, then 1,000." in response.headers["HX-Trigger-After-Swap"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"begun_at": NOW, "former_cap": None, "ends_at": utc(2027, 12, 3)}, "until 3 Dec 2027, then No User Cap"),
            ({"ends_at": None}, "from 1 Dec 2027 1,200"),
            ({"ends_at": utc(2027, 12, 3, 9, 30)}, "from 1 Dec 2027 until 3 Dec 2027, 09:30 1,200, then what stood before"),
        ],
    )
    def test_in_words(self, change, words):
        assert what_follows(CapChange(user_cap=1_200, begins_at=utc(2027, 12, 1), **change), "UTC") == words


class TestTheWall:
    INSERT = """
        insert into usage_capchange (provider_id, organization_id, user_cap, begins_at, planned_at, planned_by, outcome)
        values (%s, %s, 9999, now() + interval '1 day', now(), 'Raw SQL', '')
    """

    def insert(self, connection, administrator, organization):
        def run():
            with raw.scope_of(connection, administrator):
                connection.execute(self.INSERT, [organization.provider_id, organization.pk])

        return raw.sqlstate_of(run) or "done"

    def test_lets_no_client_plan_his_own_cap_and_no_stranger_any(self, cast, committed):
        web, acme = committed.connect("web", autocommit=True), cast.northwind.clients[0]
        denied = "42501"
        assert self.insert(web, acme.administrator, acme.organization) == denied
        assert self.insert(web, cast.bluefin.owner, acme.organization) == denied
        assert self.insert(web, cast.northwind.limited, cast.northwind.clients[1].organization) == denied
        assert self.insert(web, cast.northwind.owner, acme.organization) == "done"

    def test_lets_nobody_change_what_was_planned(self, cast, committed):
        web, acme = committed.connect("web", autocommit=True), cast.northwind.clients[0]
        assert self.insert(web, cast.northwind.owner, acme.organization) == "done"

        def change(column):
            def run():
                with raw.scope_of(web, cast.northwind.owner):
                    web.execute(f"update usage_capchange set {column} = null")

            return raw.sqlstate_of(run)

        assert change("user_cap") == "42501"
        assert change("former_cap") is None


class TestTwoBeats:
    def test_at_once_do_it_once(self, cast, committed):
        acme = cast.northwind.clients[0]
        acme.cap(1_000)
        CapChange.objects.create(
            provider_id=cast.northwind.pk,
            organization=acme.organization,
            user_cap=1_200,
            begins_at=NOW,
            ends_at=NOW + DAY,
            planned_at=NOW,
            planned_by="Ada",
        )

        def beat():
            try:
                return follow_cap_changes(at=NOW + HOUR)
            finally:
                connection.close()

        assert sorted(committed.together([beat] * 4)) == [0, 0, 0, 1]
        assert Seats.objects.get(pk=acme.pk).user_cap == 1_200
        assert AuditEvent.objects.filter(action="usage.cap.begun").count() == 1

    def test_one_that_finds_the_seats_held_leaves_it_to_the_next_minute(self, cast, committed):
        acme = cast.northwind.clients[0]
        CapChange.objects.create(
            provider_id=cast.northwind.pk,
            organization=acme.organization,
            user_cap=50,
            begins_at=NOW,
            planned_at=NOW,
            planned_by="Ada",
        )
        holder = committed.connect("owner")
        holder.execute("select 1 from usage_seats where organization_id = %s for update", [acme.pk])
        assert follow_cap_changes(at=NOW + HOUR) == 0
        holder.rollback()
        assert follow_cap_changes(at=NOW + HOUR) == 1
        assert acme.seats.user_cap == 50
