"""Organizations created, renamed and capped through the API: what a body may say, who may, which version, and that races have one winner."""

from collections import Counter

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Organization, Provider
from accounts.roles import PERMISSIONS, Permission, Role
from tests import raw
from tests.api.client import client_of
from tests.usage.history import add
from usage.models import SeatEvent, Seats

ALL = "/v2/providers/{provider}/organizations"
NOBODY = "0" * 24
NO_CAPS = [True, False, 1.0, 50.5, "5", "", "0", -1, 10_001, 10**30, [], [5], {}, {"cap": 5}]


def one(organization):
    return f"{ALL}/{getattr(organization, 'pk', organization)}"


def refusal(answer, status):
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["code"] == status
    return body["message"]


def fields_in_doubt(answer):
    refusal(answer, 400)
    return [violation["field"] for detail in answer.json()["details"] for violation in detail["fieldViolations"]]


def changed(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def acme(northwind):
    return northwind.clients[0]


@pytest.fixture
def key_that_may(northwind, monkeypatch):
    """A key of a role that has exactly these permissions, beside seeing usage."""

    def key(*permissions):
        monkeypatch.setitem(PERMISSIONS, Role.READ_ONLY, frozenset({Permission.SEE_USAGE, *permissions}))
        return client_of(northwind, Role.READ_ONLY)

    return key


class TestANewOrganization:
    def test_is_answered_201_with_what_the_contract_names(self, api, northwind):
        answer = api.post(ALL, {"name": "Cedar Bakery", "maxSystemUsers": 25})
        made = Organization.objects.get(name="Cedar Bakery")
        assert answer.status_code == 201
        assert answer.json() == {"id": made.pk, "_id": made.pk, "name": "Cedar Bakery", "maxSystemUsers": 25}
        assert (made.provider_id, made.seats.user_cap) == (northwind.pk, 25)

    def test_has_the_tag_that_a_first_change_may_name(self, api):
        answer = api.post(ALL, {"name": "Cedar Bakery"})
        assert changed(api.put(one(answer.json()["id"]), {"maxSystemUsers": 3}, **{"If-Match": answer["ETag"]}))

    @pytest.mark.parametrize("body", [{}, {"maxSystemUsers": 0}, {"maxSystemUsers": None}])
    def test_has_no_cap_unless_one_is_sent_whatever_the_default_is(self, api, northwind, body):
        Provider.objects.filter(pk=northwind.pk).update(default_user_cap=40)
        answer = api.post(ALL, {"name": "Cedar Bakery", **body})
        assert "maxSystemUsers" not in answer.json()
        assert Organization.objects.get(name="Cedar Bakery").seats.user_cap is None

    def test_is_named_without_blanks_around(self, api):
        assert api.post(ALL, {"name": "  Cedar \t Bakery\n"}).json()["name"] == "Cedar Bakery"

    def test_may_have_a_name_of_255_characters_and_no_more(self, api):
        assert api.post(ALL, {"name": f" {'x' * 255} "}).status_code == 201
        assert fields_in_doubt(api.post(ALL, {"name": "y" * 256})) == ["name"]

    @pytest.mark.parametrize(
        "body", [{}, {"name": ""}, {"name": " \t\n"}, {"name": None}, {"name": 7}, {"name": "a\0b"}, {"name": "\ud800"}]
    )
    def test_needs_a_name(self, api, body):
        assert fields_in_doubt(api.post(ALL, body)) == ["name"]

    @pytest.mark.parametrize("field", ["id", "_id", "displayName", "organization", "Name"])
    def test_refuses_every_other_field(self, api, field):
        assert fields_in_doubt(api.post(ALL, {"name": "Cedar Bakery", field: NOBODY})) == [field]
        assert not Organization.objects.filter(name="Cedar Bakery").exists()

    @pytest.mark.parametrize("cap", NO_CAPS)
    def test_refuses_what_is_no_cap_and_names_the_range(self, api, cap):
        answer = api.post(ALL, {"name": "Cedar Bakery", "maxSystemUsers": cap})
        assert fields_in_doubt(answer) == ["maxSystemUsers"]
        assert "from 1 to 10000" in answer.json()["message"]

    @pytest.mark.parametrize("cap", [1, 10_000])
    def test_takes_both_ends_of_the_range(self, api, cap):
        assert api.post(ALL, {"name": "Cedar Bakery", "maxSystemUsers": cap}).json()["maxSystemUsers"] == cap

    @pytest.mark.parametrize("name", ["Acme Dental", "ACME dental", " acme  Dental "])
    def test_of_a_name_that_is_taken_is_a_conflict(self, api, name):
        assert "has this name already" in refusal(api.post(ALL, {"name": name}), 409)
        assert Organization.objects.filter(name__iexact="acme dental").count() == 1

    def test_may_have_the_name_of_a_closed_one_and_of_another_providers(self, api, acme):
        acme.organization.users.all().delete()
        acme.organization.close(at=timezone.now())
        assert api.post(ALL, {"name": "Acme Dental"}).status_code == 201
        assert api.post(ALL, {"name": "Quartz Foods"}).status_code == 201

    def test_is_in_the_audit_log_as_made_by_the_key(self, api, northwind):
        api.post(ALL, {"name": "Cedar Bakery", "maxSystemUsers": 25})
        events = AuditEvent.objects.filter(target_name="Cedar Bakery").order_by("id").values_list("action", "actor_kind")
        assert list(events) == [("accounts.organization.created", "api_key"), ("usage.cap.changed", "api_key")]

    def test_is_made_once_though_it_is_sent_twice(self, api):
        first, second = (api.post(ALL, {"name": "Cedar Bakery"}, **{"Idempotency-Key": "row-17"}) for _ in range(2))
        assert (first.status_code, second.status_code, second["Idempotent-Replayed"]) == (201, 201, "true")
        assert (first.content, first["ETag"]) == (second.content, second["ETag"])

    def test_needs_a_key_that_may_edit_organizations(self, key_that_may):
        assert "may not create" in refusal(key_that_may(Permission.EDIT_CAPS).post(ALL, {"name": "Cedar Bakery"}), 403)

    @pytest.mark.parametrize("cap", [25, 0, None])
    def test_with_a_cap_needs_one_that_may_edit_caps_too(self, key_that_may, cap):
        """400 and not 403: as the vendor's specification has it."""
        key = key_that_may(Permission.EDIT_ORGANIZATIONS)
        assert fields_in_doubt(key.post(ALL, {"name": "Cedar Bakery", "maxSystemUsers": cap})) == ["maxSystemUsers"]
        assert AuditEvent.objects.filter(action="refused.edit_caps").exists()
        assert key.post(ALL, {"name": "Cedar Bakery"}).status_code == 201

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ('{"name": "Cedar', "not valid JSON"),
            ('{"name": NaN}', "not valid JSON"),
            (b"\xff\xfe", "not valid JSON"),
            ('{"name": "Cedar", "maxSystemUsers": %s}' % ("9" * 5000), "not valid JSON"),
            ("[" * 30 + "]" * 30, "nested more than 20"),
            ("[]", "valid dictionary"),
            ("", "required"),
        ],
    )
    def test_refuses_a_body_that_is_none(self, api, body, told):
        assert told in refusal(api.post(ALL, body), 400)

    @pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "large"}])
    def test_refuses_a_body_beyond_measure(self, api, headers):
        assert "larger than" in refusal(api.post(ALL, '"' + "x" * 1_000_001 + '"', **headers), 413)


class TestAChange:
    def test_sets_name_and_cap_and_answers_with_both(self, api, acme):
        body = {"id": acme.pk, "name": "Acme Dental Group", "maxSystemUsers": 50}
        assert changed(api.put(one(acme), body)) == {**body, "_id": acme.pk}
        acme.organization.refresh_from_db()
        assert (acme.organization.name, acme.seats.user_cap) == ("Acme Dental Group", 50)

    @pytest.mark.parametrize("no_cap", [0, None])
    def test_lifts_the_cap_with_0_and_with_null(self, api, acme, no_cap):
        acme.cap(50)
        assert "maxSystemUsers" not in changed(api.put(one(acme), {"maxSystemUsers": no_cap}))
        assert acme.seats.user_cap is None

    @pytest.mark.parametrize("body", [{}, {"name": "Acme Dental"}, {"name": "Acme"}])
    def test_leaves_the_cap_as_it_is_when_the_field_is_absent(self, api, acme, body):
        acme.cap(50)
        assert changed(api.put(one(acme), body))["maxSystemUsers"] == 50

    def test_leaves_what_the_pages_keep_of_it(self, api, acme):
        kept = {"external_id": "PSA-7", "contact_name": "Ada", "contact_email": "ada@acme.example"}
        Organization.objects.filter(pk=acme.pk).update(**kept)
        changed(api.put(one(acme), {"name": "Acme"}))
        assert Organization.objects.filter(pk=acme.pk, name="Acme", **kept).exists()

    def test_may_set_a_cap_below_the_present_count(self, api, acme):
        add(acme.organization, 4)
        assert changed(api.put(one(acme), {"maxSystemUsers": 2}))["maxSystemUsers"] == 2

    @pytest.mark.parametrize("cap", NO_CAPS)
    def test_refuses_what_is_no_cap_and_names_the_range(self, api, acme, cap):
        answer = api.put(one(acme), {"maxSystemUsers": cap})
        assert fields_in_doubt(answer) == ["maxSystemUsers"]
        assert "from 1 to 10000" in answer.json()["message"]

    @pytest.mark.parametrize("field", ["_id", "displayName", "created", "settings"])
    def test_refuses_every_other_field(self, api, acme, field):
        assert fields_in_doubt(api.put(one(acme), {"name": "Acme", field: "x"})) == [field]

    @pytest.mark.parametrize("name", [None, "", "  ", 5])
    def test_refuses_an_empty_name(self, api, acme, name):
        assert fields_in_doubt(api.put(one(acme), {"name": name})) == ["name"]

    @pytest.mark.parametrize("other", [NOBODY, "acme", None, ""])
    def test_refuses_an_id_that_is_not_the_addresss(self, api, acme, other):
        assert fields_in_doubt(api.put(one(acme), {"id": other, "maxSystemUsers": 5})) == ["id"]
        assert acme.seats.user_cap is None

    def test_to_a_name_that_is_taken_is_a_conflict_and_leaves_the_cap_too(self, api, acme):
        refusal(api.put(one(acme), {"name": "BIRCH legal", "maxSystemUsers": 5}), 409)
        assert acme.seats.user_cap is None
        assert changed(api.put(one(acme), {"name": "ACME dental"}))["name"] == "ACME dental"

    def test_of_a_foreign_an_unknown_and_a_closed_one_are_alike(self, api, cast, northwind):
        closed = northwind.clients[1].organization
        closed.users.all().delete()
        closed.close(at=timezone.now())
        answers = [api.put(one(target), {"maxSystemUsers": 5}) for target in (cast.bluefin.clients[0], NOBODY, closed)]
        assert {refusal(answer, 404) for answer in answers} == {"Not Found"}
        assert len({answer.content for answer in answers}) == 1

    def test_at_no_identifier_is_a_bad_request(self, api):
        assert fields_in_doubt(api.put(one("acme"), {"maxSystemUsers": 5})) == ["id"]

    def test_of_the_cap_is_in_the_audit_log_once(self, api, acme):
        for _ in range(2):
            changed(api.put(one(acme), {"maxSystemUsers": 50}))
        (event,) = AuditEvent.objects.filter(action="usage.cap.changed")
        assert (event.target_id, event.actor_kind, event.details) == (acme.pk, "api_key", {"before": None, "after": 50})

    def test_of_the_name_is_in_the_audit_log(self, api, acme):
        changed(api.put(one(acme), {"name": "Acme"}))
        assert AuditEvent.objects.get(action="accounts.organization.edited").details == {
            "changes": {"name": ["Acme Dental", "Acme"]}
        }


class TestWhoMayChangeWhat:
    def test_caps_with_one_permission(self, key_that_may, acme):
        key = key_that_may(Permission.EDIT_CAPS)
        assert changed(key.put(one(acme), {"name": "Acme Dental", "maxSystemUsers": 50}))["maxSystemUsers"] == 50
        assert "rename" in refusal(key.put(one(acme), {"name": "Acme", "maxSystemUsers": 60}), 403)
        assert acme.seats.user_cap == 50

    def test_the_name_with_the_other(self, key_that_may, acme):
        acme.cap(50)
        key = key_that_may(Permission.EDIT_ORGANIZATIONS)
        assert changed(key.put(one(acme), {"name": "Acme", "maxSystemUsers": 50}))["name"] == "Acme"
        for cap in (60, 0):
            assert "edit user caps" in refusal(key.put(one(acme), {"maxSystemUsers": cap}), 403)
        assert acme.seats.user_cap == 50
        assert AuditEvent.objects.filter(action="refused.edit_caps").count() == 2

    def test_nothing_with_neither_not_even_to_leave_all_as_it_is(self, key_that_may, acme):
        key = key_that_may(Permission.SEE_ORGANIZATIONS)
        for target in (acme, NOBODY):
            assert "rename" in refusal(key.put(one(target), {}), 403)

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ORGANIZATION_ADMINISTRATOR])
    def test_by_role_is_the_table(self, northwind, acme, role):
        answer = client_of(northwind, role).put(one(acme), {"name": "Acme", "maxSystemUsers": 50})
        assert answer.status_code == (200 if role is Role.ADMINISTRATOR_WITH_BILLING else 403)


class TestTheVersion:
    @pytest.fixture
    def seen(self, api, acme):
        """The tag of Acme as it is now."""
        return api.put(one(acme), {})["ETag"]

    def put(self, api, acme, tag, **body):
        return api.put(one(acme), body, **{"If-Match": tag})

    def test_is_strong_and_stays_while_nothing_changes(self, api, acme, seen):
        assert seen.startswith('"')
        add(acme.organization, 2)
        assert api.put(one(acme), {"name": "Acme Dental"})["ETag"] == seen

    def test_that_is_present_lets_the_change_pass_and_is_another_afterwards(self, api, acme, seen):
        answer = self.put(api, acme, seen, maxSystemUsers=50)
        assert changed(answer)["maxSystemUsers"] == 50
        assert answer["ETag"] != seen

    @pytest.mark.parametrize("change", [{"maxSystemUsers": 7}, {"name": "Acme"}])
    def test_that_is_past_changes_nothing(self, api, acme, seen, change):
        changed(api.put(one(acme), change))
        assert "has changed since" in refusal(self.put(api, acme, seen, maxSystemUsers=50), 412)
        assert acme.seats.user_cap == change.get("maxSystemUsers")

    def test_is_another_after_a_change_there_and_back(self, api, acme, seen):
        for cap in (7, 0):
            changed(api.put(one(acme), {"maxSystemUsers": cap}))
        refusal(self.put(api, acme, seen, maxSystemUsers=50), 412)

    def test_may_be_any(self, api, acme):
        changed(self.put(api, acme, "*", maxSystemUsers=50))

    @pytest.mark.parametrize("others", ['"with,a,comma" , ', 'W/"weak", ', '"", "other",'])
    def test_may_be_one_of_several(self, api, acme, seen, others):
        changed(self.put(api, acme, others + seen, maxSystemUsers=50))

    def test_that_is_weak_is_never_the_present_one(self, api, acme, seen):
        refusal(self.put(api, acme, f"W/{seen}", maxSystemUsers=50), 412)

    @pytest.mark.parametrize("written", ["abc", '"abc', "*, *", '"a" "b"', ",", "W/", '"a",'])
    def test_that_is_no_tag_is_a_bad_request(self, api, acme, written):
        assert fields_in_doubt(self.put(api, acme, written, maxSystemUsers=50)) == ["If-Match"]


class TestRaces:
    @pytest.fixture
    def acme(self, cast):
        return cast.northwind.clients[0]

    @pytest.fixture
    def api(self, cast):
        return client_of(cast.northwind)

    def test_of_changes_that_name_one_version_have_one_winner(self, committed, api, acme):
        seen = api.put(one(acme), {})["ETag"]
        for number in range(5):
            caps = range(10 * number + 1, 10 * number + 9)
            answers = committed.together(
                lambda cap=cap, seen=seen: api.put(one(acme), {"maxSystemUsers": cap}, **{"If-Match": seen}) for cap in caps
            )
            assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 7}
            (winner,) = [answer for answer in answers if answer.status_code == 200]
            assert acme.seats.user_cap == winner.json()["maxSystemUsers"]
            seen = winner["ETag"]

    def test_of_changes_without_a_version_all_win(self, committed, api, acme):
        """The control: it is the version that lets one pass."""
        answers = committed.together(lambda cap=cap: api.put(one(acme), {"maxSystemUsers": cap}) for cap in range(1, 9))
        assert Counter(answer.status_code for answer in answers) == {200: 8}

    def test_for_one_name_have_one_winner(self, committed, api, cast):
        names = ["Cedar Bakery", "CEDAR bakery"] * 4
        answers = committed.together(lambda name=name: api.post(ALL, {"name": name}) for name in names)
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}

    def test_of_a_lowered_cap_with_arrivals_let_nobody_in_after_it(self, committed, api, acme):
        connections = [committed.connect("web", autocommit=True) for _ in range(6)]
        for number in range(5):
            changed(api.put(one(acme), {"maxSystemUsers": 10_000}))
            calls = [lambda c=c, n=f"u{number}-{i}": raw.try_to_add(c, acme.organization, n) for i, c in enumerate(connections)]
            *added, lowered = committed.together([*calls, lambda: api.put(one(acme), {"maxSystemUsers": 1})])
            assert changed(lowered)["maxSystemUsers"] == 1
            assert set(added) <= {"added", raw.CAP_REACHED}
            seats = Seats.objects.get(pk=acme.pk)
            assert not SeatEvent.objects.filter(organization_id=acme.pk, at__gt=seats.cap_changed_at).exists()
            assert seats.users == acme.organization.users.count()

    def test_of_a_change_with_the_closing_never_cap_what_is_closed(self, committed, api, acme):
        acme.organization.users.all().delete()
        closer = committed.connect("system", autocommit=True)
        close = "update accounts_organization set closed_at = now() where id = %s and closed_at is null"
        answer, _ = committed.together(
            [lambda: api.put(one(acme), {"maxSystemUsers": 5}), lambda: closer.execute(close, [acme.pk])]
        )
        acme.organization.refresh_from_db()
        assert acme.organization.is_closed
        assert answer.status_code in {200, 404}
        refusal(api.put(one(acme), {"maxSystemUsers": 6}), 404)
