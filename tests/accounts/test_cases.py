"""Support cases in the portal: submitting one, the mails that tell of it, and the list."""

import csv
import io
import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.actions.cases import close_case
from accounts.bounds import CASE_SUBJECT_LONGEST, CASE_TEXT_LONGEST
from accounts.case_choices import RESPONSE_TIMES, CaseStatus, Product, Severity
from accounts.case_emails import console_url
from accounts.models import AuditEvent, SupportCase
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from tests.cast import case as submitted
from tests.cast import sign_in

LIST, NEW, CSV = "/help/cases/", "/help/cases/new/", "/help/cases/csv/"
WRITTEN = {
    "subject": "Laptops do not enrol",
    "kind": "Problem",
    "product": "Device Management",
    "severity": "Severity 2",
    "operating_system": "Windows",
    "description": "It stops.\r\nThen nothing.",
}


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(northwind, client):
    return sign_in(client, northwind.owner)


@pytest.fixture
def case(northwind):
    return submitted(northwind.owner, "Sign-in fails")


def body(answer):
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def path(case, noun=""):
    return f"{LIST}{case.pk}/{noun}"


def mails():
    """What waits to be sent, by recipient."""
    return {message.payload["to"][0]: message.payload for message in OutboxMessage.objects.order_by("pk")}


class TestSubmitting:
    def test_gives_a_number_and_leads_to_the_case(self, owner, northwind):
        acme = northwind.clients[0].organization
        answer = owner.post(LIST, {**WRITTEN, "organization": acme.pk})
        made = SupportCase.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (303, path(made))
        assert made.number.startswith("C-1")
        assert (made.status, made.organization, made.reporter) == (CaseStatus.NEW, acme, northwind.owner)
        assert (made.reporter_name, made.reporter_email) == (northwind.owner.name, northwind.owner.email)
        assert made.description == "It stops.\nThen nothing."
        assert AuditEvent.objects.get(action="accounts.case.submitted").target_name == f"{made.number} Laptops do not enrol"

    def test_gives_no_number_twice(self, owner):
        for _ in range(2):
            owner.post(LIST, WRITTEN)
        first, second = SupportCase.objects.order_by("pk").values_list("number", flat=True)
        assert int(second[2:]) > int(first[2:])

    def test_confirms_to_the_reporter_and_tells_support(self, owner, northwind):
        owner.post(LIST, {**WRITTEN, "organization": northwind.clients[0].pk})
        made, sent = SupportCase.objects.get(), mails()
        confirmed, told = sent[northwind.owner.email], sent[settings.SUPPORT_EMAIL]
        assert confirmed["subject"] == f"[{made.number}] Laptops do not enrol"
        assert "within 8 business hours" in confirmed["text"]
        assert f"{settings.PORTAL_URL}{path(made)}" in confirmed["text"]
        assert told["subject"] == f"[{made.number}] Severity 2: Laptops do not enrol"
        for fact in ("Northwind MSP", "Acme Dental", "Device management", "It stops.\nThen nothing.", console_url(made)):
            assert fact in told["text"]

    def test_tells_support_in_the_portals_language(self, owner, northwind):
        owner.post(LIST, WRITTEN, headers={"Accept-Language": "de"})
        sent = mails()
        assert "submitted a case." in sent[settings.SUPPORT_EMAIL]["text"]
        assert sent[northwind.owner.email]["html"].count('<html lang="de">') == 1
        assert sent[settings.SUPPORT_EMAIL]["html"].count('<html lang="en">') == 1

    def test_links_to_the_page_that_the_console_has(self, case):
        known = reverse("admin:accounts_supportcase_change", args=[case.pk], urlconf="msp_portal.operator_urls")
        assert console_url(case) == settings.OPERATOR_URL + known

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"subject": ""}, "subject"),
            ({"subject": "?!"}, "subject"),
            ({"subject": "x" * (CASE_SUBJECT_LONGEST + 1)}, "subject"),
            ({"kind": ""}, "kind"),
            ({"product": "Rocket"}, "product"),
            ({"severity": "Severity 0"}, "severity"),
            ({"operating_system": "CP/M"}, "operating_system"),
            ({"description": " "}, "description"),
            ({"description": "x" * (CASE_TEXT_LONGEST + 1)}, "description"),
        ],
    )
    def test_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(self, owner, changes, field):
        answer = owner.post(LIST, {**WRITTEN, "description": "A long story.", **changes})
        assert (answer.status_code, SupportCase.objects.count(), OutboxMessage.objects.count()) == (422, 0, 0)
        assert set(answer.context["form"].errors) == {field}
        typed = "Laptops do not enrol" if field != "subject" else "A long story."
        assert typed in body(answer)

    def test_takes_the_longest_text_however_its_lines_end(self, owner):
        text = "x" * (CASE_TEXT_LONGEST - 2) + "\r\nx"
        assert owner.post(LIST, {**WRITTEN, "description": text}).status_code == 303
        assert len(SupportCase.objects.get().description) == CASE_TEXT_LONGEST

    def test_makes_the_subject_one_line(self, owner):
        owner.post(LIST, {**WRITTEN, "subject": "Two\r\nBcc: eve@x.example  lines"})
        made = SupportCase.objects.get()
        assert made.subject == "Two Bcc: eve@x.example lines"
        assert {sent["subject"].count("\n") for sent in mails().values()} == {0}

    def test_begins_at_the_organization_whose_page_it_came_from(self, owner, northwind):
        acme = northwind.clients[0]
        assert f'<option value="{acme.pk}" selected>' in body(owner.get(f"{NEW}?organization={acme.pk}"))

    def test_offers_a_limited_administrator_his_organizations_alone(self, northwind, client):
        browser = sign_in(client, northwind.limited)
        form = body(browser.get(NEW))
        assert "Acme Dental" in form
        assert "Birch" not in form
        assert browser.post(LIST, {**WRITTEN, "organization": northwind.clients[1].pk}).status_code == 422

    def test_names_its_fields_in_the_readers_language(self, owner):
        html = body(owner.get(NEW, headers={"Accept-Language": "de"}))
        fields = ["Betreff", "Art", "Produkt", "Schweregrad", "Organisation", "Betriebssystem", "Beschreibung"]
        assert re.findall(r'<(?:label for="id_\w+"|legend)>([A-Z]\w+)', html) == fields

    def test_says_how_soon_each_severity_is_answered(self, owner):
        form = body(owner.get(NEW))
        for severity in Severity:
            assert f"First answer {RESPONSE_TIMES[severity].label}." in form

    @pytest.mark.parametrize("role", [Role.BILLING_ONLY, Role.HELP_DESK, Role.MANAGER, Role.ADMINISTRATOR])
    def test_is_for_everyone_who_does_something(self, northwind, client, role):
        assert sign_in(client, northwind.by_role[role]).post(LIST, WRITTEN).status_code == 303

    def test_is_not_for_who_only_reads(self, northwind, client):
        browser = sign_in(client, northwind.by_role[Role.READ_ONLY])
        assert browser.post(LIST, WRITTEN).status_code == 403
        assert NEW not in body(browser.get(LIST))
        assert AuditEvent.objects.get(action="refused.submit_cases").outcome == "refused"


class TestTheList:
    @pytest.fixture
    def several(self, northwind):
        acme, birch = (client.organization for client in northwind.clients)
        return {
            "laptops": submitted(northwind.owner, "Laptops stop", organization=acme, severity=Severity.ONE),
            "invoice": submitted(northwind.by_role[Role.BILLING_ONLY], "Invoice is late", product=Product.INVOICES),
            "travel": submitted(northwind.owner, "=1+1 travels", organization=birch),
        }

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("", {"laptops", "invoice", "travel"}),
            ("?q=LAPTOPS", {"laptops"}),
            ("?q=birch", {"travel"}),
            ("?q=billing+late", {"invoice"}),
            ("?q=%25", set()),
            ("?status=closed", {"invoice"}),
            ("?status=new&q=stop", {"laptops"}),
            ("?status=nonsense", {"laptops", "invoice", "travel"}),
        ],
    )
    def test_narrows_to_what_is_asked_and_so_does_the_csv(self, owner, northwind, several, asked, found):
        close_case(case=several["invoice"], by=northwind.owner, at=timezone.now())
        shown = body(owner.get(LIST + asked))
        assert {name for name, case in several.items() if case.number in shown} == found
        lines = list(csv.DictReader(io.StringIO(body(owner.get(CSV + asked)).removeprefix("\ufeff"))))
        assert {line["Number"] for line in lines} == {several[name].number for name in found}

    def test_begins_with_what_changed_last_and_sorts_by_each_column(self, owner, several):
        shown = body(owner.get(LIST))
        places = [shown.index(several[name].number) for name in ("travel", "invoice", "laptops")]
        assert places == sorted(places)
        shown = body(owner.get(f"{LIST}?sort=severity"))
        assert shown.index(several["laptops"].number) < shown.index(several["travel"].number)

    def test_sends_a_csv_that_runs_nothing(self, owner, several):
        lines = list(csv.DictReader(io.StringIO(body(owner.get(f"{CSV}?q=travels")).removeprefix("\ufeff"))))
        assert [(line["Subject"], line["Organization"], line["Status"]) for line in lines] == [
            ("'=1+1 travels", "Birch Legal", "New")
        ]

    def test_asks_the_database_the_same_however_many_there_are(self, owner, several, django_assert_max_num_queries):
        owner.get(LIST)
        with django_assert_max_num_queries(14) as before:
            owner.get(LIST)
        for number in range(20):
            submitted(several["laptops"].reporter, f"More {number}", organization=several["laptops"].organization)
        with django_assert_max_num_queries(len(before)):
            owner.get(LIST)

    def test_shows_a_limited_administrator_his_organizations_and_his_own(self, northwind, several, client):
        own = submitted(northwind.limited, "A question of mine")
        shown = body(sign_in(client, northwind.limited).get(LIST))
        assert own.number in shown
        assert several["laptops"].number in shown
        assert several["invoice"].number not in shown
        assert several["travel"].number not in shown

    def test_shows_another_msp_nothing_of_it(self, cast, several, client):
        shown = body(sign_in(client, cast.bluefin.owner).get(LIST))
        assert "No cases yet" in shown
        assert not any(case.number in shown for case in several.values())
