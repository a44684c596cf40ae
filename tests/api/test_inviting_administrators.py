"""Inviting administrators over the API."""

import pytest
from django.utils import timezone

from accounts.actions.administrators import RoleBeyondOwn, invite
from accounts.actions.keys import generate_key
from accounts.models import Administrator, AuditEvent, Organization
from accounts.roles import Role
from accounts.wire.roles import ROLE_IDS
from msp_portal.lib import tenancy
from tests.api.administrators import KEYS, LIST, NOBODY, NORA, field, made, mails, of, refused


class TestInviting:
    def test_answers_200_with_the_administrator(self, api):
        answer = api.post(LIST, {**NORA, "firstname": "Nora", "lastname": "New", "roleName": "Manager"})
        shown = answer.json()
        assert (answer.status_code, set(shown)) == (200, KEYS)
        assert {name: shown[name] for name in ("email", "firstname", "lastname", "roleName", "registered", "suspended")} == {
            **NORA,
            "firstname": "Nora",
            "lastname": "New",
            "roleName": "Manager",
            "registered": False,
            "suspended": False,
        }

    @pytest.mark.parametrize(
        ("body", "limited", "role"),
        [
            ({"bindNoOrgs": True, "email": "a@b.co", "enableMultiFactor": True, "roleName": "Help Desk"}, True, "Help Desk"),
            ({"bindNoOrgs": False, "email": "a@b.co", "roleName": "Help Desk"}, False, "Help Desk"),
            ({"email": "a@b.co", "enableMultiFactor": True}, False, "Read Only"),
            ({"email": "a@b.co", "role": ROLE_IDS[Role.MANAGER]}, False, "Manager"),
            ({"email": "a@b.co", "role": ROLE_IDS[Role.MANAGER], "roleName": "Manager"}, False, "Manager"),
            ({"email": " a@b.co ", "apiKeyHash": {"prefix": "x"}, "unknown": 1, "firstname": None}, False, "Read Only"),
        ],
    )
    def test_takes_what_real_clients_send(self, api, body, limited, role):
        place = made(api.post(LIST, body))
        assert (place.email, place.is_limited, place.role, place.access.count()) == ("a@b.co", limited, role, 0)

    def test_reaches_all_organizations_and_those_made_later_or_none(self, api, northwind):
        everyone = made(api.post(LIST, {"email": "every@new.example"}))
        nobody = made(api.post(LIST, {"email": "none@new.example", "bindNoOrgs": True, "roleName": "Manager"}))
        Organization.objects.create(provider=northwind.provider, name="Made Later")
        shown = api.get(f"{LIST}?limit=100")
        assert of(shown, everyone)["organizationAccessTotal"] == 3
        assert of(shown, nobody)["organizationAccessTotal"] == 0

    def test_lets_an_administrator_generate_keys_if_asked(self, api):
        answers = [
            api.post(LIST, {"email": f"{allowed}@new.example", "roleName": "Administrator", "apiKeyAllowed": allowed}).json()
            for allowed in (True, False)
        ]
        assert [answer["apiKeyAllowed"] for answer in answers] == [True, False]

    def test_sends_the_invitation_and_notes_it_as_the_keys(self, api, northwind):
        place = made(api.post(LIST, NORA))
        assert mails()[0]["to"] == ["nora@new.example"]
        noted = AuditEvent.objects.get(action="administrator.invited")
        assert (noted.actor_kind, noted.target_id, noted.outcome) == ("api_key", place.pk, "done")

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, "email"),
            ({"email": None}, "email"),
            ({"email": "nobody"}, "email"),
            ({"email": "a@b.co\0"}, "email"),
            ({"email": "\ud800@b.co"}, "email"),
            ({"email": f"{'a' * 260}@b.co"}, "email"),
            ({"email": ["a@b.co"]}, "email"),
            ({**NORA, "firstname": "x" * 81}, "firstname"),
            ({**NORA, "firstname": "a\0b"}, "firstname"),
            ({**NORA, "lastname": 7}, "lastname"),
            ({**NORA, "lastname": "\udfff"}, "lastname"),
            ({**NORA, "roleName": "Emperor"}, "roleName"),
            ({**NORA, "roleName": "Organization Administrator"}, "roleName"),
            ({**NORA, "roleName": ""}, "roleName"),
            ({**NORA, "role": NOBODY}, "role"),
            ({**NORA, "role": "Manager"}, "role"),
            ({**NORA, "role": 5}, "role"),
            ({**NORA, "role": ROLE_IDS[Role.MANAGER], "roleName": "Help Desk"}, "roleName"),
            ({**NORA, "bindNoOrgs": "yes"}, "bindNoOrgs"),
            ({**NORA, "bindNoOrgs": 1}, "bindNoOrgs"),
            ({**NORA, "bindNoOrgs": True, "roleName": "Administrator With Billing"}, "bindNoOrgs"),
            ({**NORA, "apiKeyAllowed": "true"}, "apiKeyAllowed"),
            ({**NORA, "enableMultiFactor": 0.5}, "enableMultiFactor"),
        ],
    )
    def test_refuses_at_the_field_what_says_nothing_sensible(self, api, body, wrong):
        answer = api.post(LIST, body)
        refused(answer, 400)
        assert field(answer) == wrong
        assert not Administrator.objects.filter(joined_at=None).exists()
        assert mails() == []

    @pytest.mark.parametrize("body", ["", "null", "[]", "7", "{", '"a@b.co"'])
    def test_refuses_what_is_no_object(self, api, body):
        refused(api.post(LIST, body), 400)

    def test_names_the_roles_there_are(self, api):
        assert "Known: Administrator With Billing, Administrator" in refused(api.post(LIST, {**NORA, "roleName": "Owner"}), 400)

    @pytest.mark.parametrize("spelling", [str, str.upper])
    def test_refuses_a_second_place_for_an_address(self, api, northwind, spelling):
        before = Administrator.objects.count()
        answer = api.post(LIST, {"email": spelling(northwind.suspended.email)})
        assert refused(answer, 409) == "Someone with this e-mail is an administrator here already."
        assert field(answer) == "email"
        assert Administrator.objects.count() == before
        assert AuditEvent.objects.get(action="refused.already_invited").actor_kind == "api_key"

    def test_takes_two_spellings_for_one_as_the_database_does(self, api):
        """The sign for Kelvin is a small k in lower case, and in upper case it is no K."""
        api.post(LIST, {"email": "k@new.example"})
        refused(api.post(LIST, {"email": "\u212a@new.example"}), 409)

    def test_invites_an_address_known_elsewhere_like_a_new_one(self, api, cast):
        foreign, unknown = api.post(LIST, {"email": cast.bluefin.owner.email}), api.post(LIST, NORA)
        assert foreign.status_code == unknown.status_code == 200
        told = ("firstname", "lastname", "registered", "enableMultiFactor")
        assert [foreign.json()[name] for name in told] == [unknown.json()[name] for name in told]

    def test_invites_a_clients_own_administrator_to_the_msp(self, api, northwind):
        assert made(api.post(LIST, {"email": northwind.clients[0].administrator.email})).organization is None

    def test_that_is_repeated_with_its_key_is_done_once(self, api):
        first, again = (api.post(LIST, NORA, **{"Idempotency-Key": "once"}) for _ in range(2))
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert again["Idempotent-Replayed"] == "true"
        assert Administrator.objects.filter(email="nora@new.example").count() == 1

    def test_gives_no_role_that_may_do_more_than_the_keys_own(self, northwind):
        """No key below Administrator With Billing comes so far; should one ever, it meets the rule."""
        key, _ = generate_key(provider=northwind.provider, by=northwind.owner, at=timezone.now(), role=Role.MANAGER)
        person = {"first_name": "", "last_name": "", "organizations": [], "limited": False, "api_access": False}
        with tenancy.scope(northwind.pk):
            for role, outcome in {Role.HELP_DESK: "invited", Role.ADMINISTRATOR: "refused"}.items():
                try:
                    invite(provider=northwind.provider, by=key, at=timezone.now(), email=f"{role}@x.example", role=role, **person)
                    said = "invited"
                except RoleBeyondOwn:
                    said = "refused"
                assert said == outcome
