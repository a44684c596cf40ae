"""Undoing a removal: the same user under the same id, through the same gate, for a while."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests.cast import sign_in, user
from tests.usage.test_caps import words_of
from usage.actions.removed_users import NotRemovedAnyMore, erase_removed, forget_removed, restore_user
from usage.actions.users import remove_user
from usage.bounds import REMOVED_USER_KEPT_FOR
from usage.models import RemovedUser, SeatEvent, User
from usage.tasks import forget_users

pytestmark = pytest.mark.django_db
FIELDS = ("id", "organization_id", "user_name", "email", "first_name", "last_name", "name", "state", "created_at", "suspended_at")


@pytest.fixture
def acme(cast):
    cast.northwind.clients[0].cap(2)
    return cast.northwind.clients[0]


@pytest.fixture
def as_tenant(client, acme):
    return sign_in(client, acme.administrator)


@pytest.fixture
def eva(acme):
    return user(acme.organization, "eva", first_name="Eva", last_name="Neumann")


@pytest.fixture
def removed(cast, eva):
    was = was_of(eva)
    remove_user(user=eva, by=cast.northwind.owner, at=timezone.now())
    kept = RemovedUser.objects.get()
    kept.was = was
    return kept


def was_of(one):
    return User.objects.filter(pk=getattr(one, "pk", one)).values(*FIELDS).get()


def restoration(removed):
    return reverse("removed-user-restoration", args=[removed.organization_id, removed.pk])


def restore(browser, removed, **options):
    return browser.post(restoration(removed), **options)


def refusals():
    return list(AuditEvent.objects.filter(action__startswith="refused.").values_list("action", flat=True))


class TestARemoval:
    def test_says_that_it_can_be_undone(self, as_tenant, acme, eva):
        url = reverse("organization-user-removal", args=[acme.pk, eva.pk])
        assert "For 30 days the user can be restored, which takes a seat again." in words_of(as_tenant.get(url))

    def test_offers_to_undo_it_where_the_list_is_drawn_anew(self, as_tenant, acme, eva):
        url = reverse("organization-user-removal", args=[acme.pk, eva.pk])
        answer = as_tenant.post(url, headers={"HX-Request": "true", "HX-Target": "dialog"})
        assert "Removed Eva Neumann by mistake?" in words_of(answer)
        assert restoration(RemovedUser.objects.get()) in answer.content.decode()

    def test_offers_it_without_a_script_too(self, as_tenant, acme, eva):
        answer = as_tenant.post(reverse("organization-user-removal", args=[acme.pk, eva.pk]))
        shown = as_tenant.get(answer.headers["Location"]).content.decode()
        assert restoration(RemovedUser.objects.get()) in shown

    def test_offers_nothing_for_what_is_none(self, as_tenant, acme):
        for junk in ("x", "0" * 24):
            shown = words_of(as_tenant.get(reverse("organization-users", args=[acme.pk]), {"removed": junk}))
            assert "by mistake" not in shown

    def test_is_kept_from_other_organizations(self, client, cast, removed):
        birch = cast.northwind.clients[1]
        browser = sign_in(client, birch.administrator)
        shown = browser.get(reverse("organization-users", args=[birch.pk]), {"removed": removed.pk})
        assert "Eva" not in words_of(shown)
        assert restore(browser, removed).status_code == 404


class TestRestoring:
    @pytest.mark.parametrize("state", ["active", "suspended", "staged"])
    def test_gives_back_the_same_user(self, as_tenant, cast, acme, eva, state):
        User.objects.filter(pk=eva.pk).update(state=state, suspended_at=timezone.now() if state == "suspended" else None)
        eva.refresh_from_db()
        was = was_of(eva)
        remove_user(user=eva, by=cast.northwind.owner, at=timezone.now())
        assert restore(as_tenant, RemovedUser.objects.get()).status_code == 303
        assert was_of(was["id"]) == was
        assert (acme.seats.users, RemovedUser.objects.count()) == (2, 0)
        lines = SeatEvent.objects.filter(subject_id=was["id"]).order_by("id").values_list("delta", flat=True)
        assert list(lines) == [1, -1, 1]
        assert AuditEvent.objects.get(action="usage.user.restored").target_id == was["id"]

    def test_answers_with_the_list_and_the_seats(self, as_tenant, acme, removed):
        headers = {
            "HX-Request": "true",
            "HX-Target": "dialog",
            "HX-Current-URL": f"http://testserver/organizations/{acme.pk}/users/",
        }
        answer = restore(as_tenant, removed, headers=headers)
        assert answer.headers["HX-Retarget"] == "#users-list"
        shown = words_of(answer)
        assert "Eva Neumann" in shown
        assert "2 of 2" in shown

    def test_at_a_full_house_is_refused_with_whom_to_ask(self, as_tenant, acme, removed):
        user(acme.organization, "other")
        refused = restore(as_tenant, removed, headers={"HX-Request": "true", "HX-Target": "dialog"})
        assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#dialog")
        shown = words_of(refused)
        assert "All 2 seats are taken. Nobody was added." in shown
        assert "help@northwind.example" in shown
        assert refusals() == ["refused.user_cap_reached"]
        assert RemovedUser.objects.get() == removed

    def test_of_a_name_that_is_taken_by_now_is_refused(self, as_tenant, acme, removed):
        acme.cap(None)
        user(acme.organization, "EVA")
        assert "A user of this name already exists" in words_of(restore(as_tenant, removed))
        assert RemovedUser.objects.get() == removed

    def test_to_a_closed_organization_is_refused(self, as_tenant, acme, removed):
        acme.user.delete()
        acme.organization.close(at=timezone.now())
        assert "This organization is closed." in words_of(restore(as_tenant, removed))

    def test_is_done_once(self, cast, as_tenant, acme, removed):
        restore(as_tenant, removed)
        assert restore(as_tenant, removed).status_code == 404
        with pytest.raises(NotRemovedAnyMore):
            restore_user(removed=removed, by=cast.northwind.owner, at=timezone.now())
        assert acme.seats.users == 2

    def test_is_possible_for_a_while(self, cast, as_tenant, eva):
        remove_user(user=eva, by=cast.northwind.owner, at=timezone.now() - REMOVED_USER_KEPT_FOR)
        removed = RemovedUser.objects.get()
        assert restore(as_tenant, removed).status_code == 404
        with pytest.raises(NotRemovedAnyMore):
            restore_user(removed=removed, by=cast.northwind.owner, at=timezone.now())


class TestTheList:
    def test_names_who_when_and_by_whom(self, as_tenant, cast, acme, removed):
        assert (
            reverse("removed-users", args=[acme.pk])
            in as_tenant.get(reverse("organization-users", args=[acme.pk])).content.decode()
        )
        shown = words_of(as_tenant.get(reverse("removed-users", args=[acme.pk])))
        assert "Eva Neumann" in shown
        assert cast.northwind.owner.name in shown

    def test_is_drawn_anew_where_it_was_used(self, as_tenant, acme, removed):
        here = f"http://testserver{reverse('removed-users', args=[acme.pk])}"
        headers = {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": here}
        answer = restore(as_tenant, removed, headers=headers)
        assert answer.headers["HX-Retarget"] == "#removed-list"
        assert "Nobody was removed lately" in words_of(answer)

    def test_holds_who_was_removed_in_the_console_and_by_the_api(self, cast, acme, eva):
        remove_user(user=eva, by=cast.northwind.owner.person, at=timezone.now())
        assert RemovedUser.objects.get().removed_by == cast.northwind.owner.person.name


class TestErasing:
    def erasure(self, removed):
        return reverse("removed-user-erasure", args=[removed.organization_id, removed.pk])

    def test_leaves_nothing_to_restore(self, as_tenant, removed):
        assert "cannot be restored afterwards" in words_of(as_tenant.get(self.erasure(removed)))
        assert as_tenant.post(self.erasure(removed)).status_code == 303
        assert restore(as_tenant, removed).status_code == 404
        assert AuditEvent.objects.get(action="usage.user.erased").target_name == "eva"

    def test_after_a_restoration_is_refused(self, cast, removed):
        restore_user(removed=removed, by=cast.northwind.owner, at=timezone.now())
        with pytest.raises(NotRemovedAnyMore):
            erase_removed(removed=removed, by=cast.northwind.owner, at=timezone.now())
        assert User.objects.filter(pk=removed.pk).exists()


class TestForgetting:
    def test_erases_what_is_over_and_nothing_else(self, removed):
        now = timezone.now()
        assert forget_removed(now) == 0
        assert [forget_removed(now + REMOVED_USER_KEPT_FOR + timedelta(seconds=1)), forget_removed(now)] == [1, 0]

    def test_is_a_task_of_every_day(self, cast, eva):
        remove_user(user=eva, by=cast.northwind.owner, at=timezone.now() - REMOVED_USER_KEPT_FOR)
        assert [forget_users(), forget_users()] == [1, 0]
