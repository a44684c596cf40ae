"""Signing in: who gets through, what the others are told, and where one lands."""

import time
from collections import Counter

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.bounds import SIGN_INS_OF_EMAIL
from accounts.models import AuditEvent, Person
from accounts.roles import Role
from tests.cast import PASSWORD, administrator, give_access, sign_in

pytestmark = pytest.mark.django_db

STRANGER = "nobody@elsewhere.example"


@pytest.fixture
def owner(cast):
    return cast.northwind.owner


def enter(client, email, password=PASSWORD, **fields):
    return client.post("/sign-in/", {"email": email, "password": password, **fields})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def words_of(response):
    return response.context["form"].non_field_errors()


class TestTheRightPassword:
    def test_opens_the_account(self, client, owner):
        assert enter(client, owner.email)["Location"] == "/"
        assert client.get("/")["Location"] == "/account/"

    def test_may_come_with_the_address_in_other_letters(self, client, owner):
        enter(client, f" {owner.email.upper()} ")
        assert is_signed_in(client)

    def test_leads_a_clients_administrator_to_his_users(self, client, cast):
        acme = cast.northwind.clients[0]
        enter(client, acme.administrator.email)
        assert client.get("/")["Location"] == f"/organizations/{acme.pk}/users/"

    def test_leads_back_to_the_page_asked_for(self, client, owner):
        assert enter(client, owner.email, next="/account/usage/?cap=reached")["Location"] == "/account/usage/?cap=reached"

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example",
            "http:///evil.example",
            "javascript:alert(1)",
            "nowhere",
            "sign-in",
            "\\\\evil.example",
        ],
    )
    def test_never_leads_to_another_host(self, client, owner, elsewhere):
        assert enter(client, owner.email, next=elsewhere)["Location"] == "/"

    def test_changes_the_session_id(self, client, owner):
        client.get("/sign-in/")
        session = client.session
        session["planted"] = True
        session.save()
        planted = session.session_key
        client.cookies["portal-session"] = planted
        enter(client, owner.email)
        assert client.session.session_key != planted
        assert not Session.objects.filter(session_key=planted).exists()

    def test_is_seen_in_the_audit_log_of_the_place(self, client, owner):
        enter(client, owner.email)
        seen = AuditEvent.objects.get(action="sign_in.entered")
        assert (seen.provider_id, seen.actor_id, seen.address) == (owner.provider_id, owner.pk, "127.0.0.1")

    def test_is_not_asked_for_twice(self, client, owner):
        enter(client, owner.email)
        assert client.get("/sign-in/?next=/security/")["Location"] == "/security/"


class TestAWrongPassword:
    def test_is_told_in_the_same_words_as_an_unknown_address(self, client, owner):
        known, unknown = enter(client, owner.email, "wrong"), enter(client, STRANGER, "wrong")
        assert known.status_code == unknown.status_code == 422
        assert words_of(known) == words_of(unknown) == ["E-mail or password is not right. Check both and try again."]

    def test_costs_one_hash_like_an_unknown_address(self, client, owner, monkeypatch):
        hashed = []
        monkeypatch.setattr(Person, "check_password", lambda self, raw: hashed.append("checked"))
        monkeypatch.setattr(Person, "set_password", lambda self, raw: hashed.append("mitigated"))
        enter(client, owner.email, "wrong")
        enter(client, STRANGER, "wrong")
        assert hashed == ["checked", "mitigated"]

    def test_runs_the_same_statements_as_an_unknown_address(self, client, owner, django_assert_max_num_queries):
        seen = []
        for email in (STRANGER, owner.email):
            with django_assert_max_num_queries(8) as statements:
                enter(client, email, "wrong")
            seen.append([query["sql"][:60] for query in statements.captured_queries])
        assert seen[0] == seen[1]

    def test_keeps_the_address_and_not_the_password(self, client, owner):
        page = enter(client, owner.email, "wrong-secret").content.decode()
        assert owner.email in page
        assert "wrong-secret" not in page

    def test_leaves_a_trace_that_names_nobody(self, client, owner):
        enter(client, owner.email, "wrong")
        trace = AuditEvent.objects.get(action="sign_in.failed")
        assert (trace.provider_id, trace.outcome, trace.actor_kind) == (None, "refused", "unknown")
        assert trace.details["reason"] == "wrong_password"
        assert owner.email not in str(trace.details)

    def test_leaves_one_trace_of_all_that_was_not_looked_at(self, client, owner):
        for _ in range(SIGN_INS_OF_EMAIL.tries + 4):
            enter(client, owner.email, "wrong")
        reasons = Counter(trace.details["reason"] for trace in AuditEvent.objects.filter(action="sign_in.failed"))
        assert reasons == {"wrong_password": SIGN_INS_OF_EMAIL.tries, "too_many_tries": 1}


class TestSuspension:
    def test_of_the_person_is_told_to_who_knows_the_password(self, client, owner):
        Person.objects.filter(pk=owner.person_id).update(suspended_at=timezone.now())
        assert words_of(enter(client, owner.email)) == ["This sign-in is suspended. Ask the people who run the portal."]
        assert words_of(enter(client, owner.email, "wrong")) == ["E-mail or password is not right. Check both and try again."]
        assert not is_signed_in(client)

    def test_of_the_person_acts_on_the_next_request(self, client, owner):
        sign_in(client, owner)
        assert client.get("/security/").status_code == 200
        Person.objects.filter(pk=owner.person_id).update(suspended_at=timezone.now())
        assert client.get("/security/")["Location"].startswith("/sign-in/")

    def test_of_the_administrator_acts_on_the_next_request(self, client, cast):
        reader = cast.northwind.by_role[Role.READ_ONLY]
        sign_in(client, reader)
        assert client.get("/account/").status_code == 200
        reader.suspend(at=timezone.now())
        answer = client.get("/account/")
        assert answer.status_code == 403
        assert "accounts/no_place.html" in [template.name for template in answer.templates]


class TestAnExpiredSession:
    def test_sends_htmx_to_sign_in_and_back_to_the_page_it_was_on(self, client, owner):
        page = "http://testserver/account/usage/?q=acme"
        answer = client.get("/account/usage/", headers={"HX-Request": "true", "HX-Current-URL": page})
        assert (answer.status_code, answer["HX-Redirect"]) == (200, "/sign-in/?next=%2Faccount%2Fusage%2F%3Fq%3Dacme")
        assert answer.content == b""
        back = client.get(answer["HX-Redirect"]).context["next"]
        assert enter(client, owner.email, next=back)["Location"] == "/account/usage/?q=acme"

    def test_does_not_trust_the_page_of_another_host(self, client, db):
        answer = client.get("/account/", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/account/"})
        assert answer["HX-Redirect"] == "/sign-in/?next=%2Faccount%2F"

    def test_never_replays_a_post(self, client, db):
        answer = client.post("/security/recovery-codes/", headers={"Referer": "http://testserver/security/"})
        assert answer["Location"] == "/sign-in/?next=%2Fsecurity%2F"


class TestStepUp:
    def test_comes_before_what_matters_when_the_proof_is_old(self, client, owner):
        sign_in(client, owner, fresh=False)
        assert client.get("/security/second-factor/")["Location"] == "/security/proof/?next=%2Fsecurity%2Fsecond-factor%2F"

    def test_is_not_asked_of_who_has_just_signed_in(self, client, owner):
        sign_in(client, owner, fresh=True)
        assert client.get("/security/second-factor/").status_code == 200

    def test_by_the_password_changes_the_session_id_and_lets_through(self, client, owner):
        sign_in(client, owner, fresh=False)
        former = client.session.session_key
        answer = client.post("/security/proof/", {"password": PASSWORD, "next": "/security/second-factor/"})
        assert answer["Location"] == "/security/second-factor/"
        assert client.session.session_key != former
        assert client.get("/security/second-factor/").status_code == 200

    def test_with_a_wrong_password_lets_nobody_through(self, client, owner):
        sign_in(client, owner, fresh=False)
        answer = client.post("/security/proof/", {"password": "wrong", "next": "/security/second-factor/"})
        assert (answer.status_code, answer.context["form"].errors["password"]) == (422, ["That is not your present password."])
        assert client.get("/security/second-factor/").status_code == 302

    def test_does_not_count_for_someone_else_in_the_same_browser(self, client, cast, owner):
        sign_in(client, owner, fresh=True)
        session = client.session
        session["account_authentication_methods_user"] = cast.bluefin.owner.person_id
        session.save()
        assert client.get("/security/second-factor/").status_code == 302

    def test_lasts_five_minutes(self, client, owner, settings):
        sign_in(client, owner)
        session = client.session
        five_minutes = settings.STEP_UP_AGE.total_seconds()
        assert five_minutes == 5 * 60
        for age, status in [(five_minutes - 10, 200), (five_minutes + 10, 302)]:
            session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
            session.save()
            assert client.get("/security/second-factor/").status_code == status


class TestSeveralAccounts:
    @pytest.fixture
    def both(self, cast, owner):
        there = administrator(cast.bluefin.provider, Role.READ_ONLY, email="second@bluefin.example")
        there.person = owner.person
        there.save(update_fields=["person_id"])
        return owner, there

    def test_are_offered_before_anything_else(self, client, both):
        enter(client, both[0].email)
        answer = client.get("/account/usage/")
        assert answer["Location"] == "/places/?next=%2Faccount%2Fusage%2F"
        page = client.get(answer["Location"]).content.decode()
        assert "Northwind MSP" in page
        assert "Bluefin IT" in page

    def test_are_entered_by_choice_and_lead_to_the_page_asked_for(self, client, both):
        enter(client, both[0].email)
        assert not AuditEvent.objects.filter(action="sign_in.entered").exists()
        assert client.post("/places/", {"place": both[1].pk, "next": "/account/usage/"})["Location"] == "/account/usage/"
        assert client.get("/account/usage/").context["me"]["provider_name"] == "Bluefin IT"
        assert AuditEvent.objects.get(action="sign_in.entered").provider_id == both[1].provider_id

    def test_can_be_switched(self, client, both):
        enter(client, both[0].email)
        for place in both:
            client.post("/places/", {"place": place.pk})
            assert client.get("/account/").context["me"]["provider_name"] == place.provider.name

    def test_of_others_are_not_there(self, client, cast, both):
        enter(client, both[0].email)
        assert client.post("/places/", {"place": cast.northwind.clients[0].administrator.pk}).status_code == 404
        assert client.post("/places/", {}).status_code == 404

    def test_once_suspended_are_not_offered(self, client, both):
        both[1].suspend(at=timezone.now())
        enter(client, both[0].email)
        assert client.get("/")["Location"] == "/account/"
        assert client.post("/places/", {"place": both[1].pk}).status_code == 404

    def test_can_be_a_provider_and_a_client_of_it(self, client, cast, owner):
        acme = cast.northwind.clients[0].organization
        as_client = administrator(
            cast.northwind.provider, Role.ORGANIZATION_ADMINISTRATOR, organization=acme, email="o@acme.example"
        )
        as_client.person = owner.person
        as_client.save(update_fields=["person_id"])
        give_access(as_client, acme)
        enter(client, owner.email)
        client.post("/places/", {"place": as_client.pk})
        assert client.get("/")["Location"] == f"/organizations/{acme.pk}/users/"


class TestSigningOut:
    def test_ends_the_session_for_good(self, client, owner):
        sign_in(client, owner)
        key = client.session.session_key
        assert client.post("/sign-out/")["Location"] == "/sign-in/"
        assert not Session.objects.filter(session_key=key).exists()
        client.cookies["portal-session"] = key
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    def test_is_no_act_of_a_link(self, client, owner):
        sign_in(client, owner)
        assert client.get("/sign-out/").status_code == 405
        assert is_signed_in(client)


class TestTheTheme:
    def test_is_remembered_in_a_cookie_and_drawn_by_the_server(self, client, db):
        answer = client.post("/theme/", {"theme": "dark", "next": "/sign-in/"})
        assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
        assert answer.cookies["theme"]["httponly"]
        assert 'data-bs-theme="dark"' in client.get("/sign-in/").content.decode()

    def test_that_is_unknown_means_as_the_system_has_it(self, client, db):
        client.post("/theme/", {"theme": '"><script>', "next": "https://evil.example/"})
        page = client.get("/sign-in/").content.decode()
        assert 'data-bs-theme="auto"' in page
