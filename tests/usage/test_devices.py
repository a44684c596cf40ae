"""Devices: counted as users are, with marks and ledger, but without a cap."""

import csv
from io import StringIO

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.roles import Role
from tests import cast as people
from usage.models import Device, SeatEvent

pytestmark = pytest.mark.django_db

LAPTOP = {"name": "ACME-LT-001", "operating_system": "Windows 11", "serial_number": "SN-1"}


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


@pytest.fixture
def as_tenant(client, acme):
    return people.sign_in(client, acme.administrator)


@pytest.fixture
def as_msp(client, cast):
    return people.sign_in(client, cast.northwind.owner)


def device_in(client, name):
    return Device.objects.create(provider_id=client.organization.provider_id, organization=client.organization, name=name)


def devices_of(client):
    return reverse("organization-devices", args=[client.pk])


def of(device, what=""):
    return reverse(f"organization-device{what}", args=[device.organization_id, device.pk])


def text(answer):
    return " ".join(answer.content.decode().split())


class TestAdding:
    def test_is_counted_marked_and_written_to_the_ledger(self, as_tenant, acme):
        assert as_tenant.post(devices_of(acme), LAPTOP).status_code == 303
        assert (acme.seats.devices, acme.seats.devices_mark) == (1, 1)
        event = SeatEvent.objects.get(kind="device")
        assert (event.delta, event.count_after, event.subject_name, event.by) == (1, 1, "ACME-LT-001", acme.administrator.name)
        assert AuditEvent.objects.get(action="usage.device.added").target_name == "ACME-LT-001"

    def test_works_at_a_full_house_as_devices_take_no_seat(self, as_tenant, acme):
        acme.cap(1)
        assert as_tenant.post(devices_of(acme), LAPTOP).status_code == 303
        assert (acme.seats.users, acme.seats.devices) == (1, 1)

    def test_without_a_name_is_said_at_the_field_and_the_rest_stays(self, as_tenant, acme):
        answer = as_tenant.post(devices_of(acme), {**LAPTOP, "name": " "})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["name"]
        assert 'value="SN-1"' in text(answer)
        assert acme.seats.devices == 0

    def test_in_a_closed_organization_is_refused_in_words(self, as_msp, cast):
        closed = people.client(cast.northwind.provider, "Elm Shut", users=0)
        closed.organization.close(at=closed.organization.created_at)
        answer = as_msp.post(devices_of(closed), LAPTOP)
        assert answer.status_code == 422
        assert "This organization is closed. Nothing can be added to it." in text(answer)
        assert AuditEvent.objects.get(action="refused.organization_closed").organization_id == closed.pk


class TestChanging:
    def test_edits_in_place_and_notes_what_it_was(self, as_tenant, acme):
        device = device_in(acme, "OLD")
        assert as_tenant.post(of(device), LAPTOP).status_code == 303
        device.refresh_from_db()
        assert device.name == "ACME-LT-001"
        assert AuditEvent.objects.get(action="usage.device.edited").details["changes"]["name"] == ["OLD", "ACME-LT-001"]

    def test_removes_and_keeps_the_mark(self, as_tenant, acme):
        device = device_in(acme, "OLD")
        assert "will be removed" in text(as_tenant.get(of(device, "-removal")))
        assert as_tenant.post(of(device, "-removal")).status_code == 303
        assert (acme.seats.devices, acme.seats.devices_mark) == (0, 1)
        assert as_tenant.post(of(device, "-removal")).status_code == 404
        assert AuditEvent.objects.filter(action="usage.device.removed").count() == 1

    def test_answers_htmx_with_the_row(self, as_tenant, acme):
        device = device_in(acme, "OLD")
        answer = as_tenant.post(of(device), LAPTOP, headers={"HX-Request": "true", "HX-Target": "dialog"})
        assert answer["HX-Retarget"] == f"#device-row-{device.pk}"
        assert "ACME-LT-001" in text(answer)
        assert "<html" not in text(answer)


class TestWhoMay:
    def test_help_desk_sees_and_changes_nothing(self, client, cast, acme):
        device = device_in(acme, "KEPT")
        people.sign_in(client, cast.northwind.by_role[Role.HELP_DESK])
        shown = text(client.get(devices_of(acme)))
        assert "KEPT" in shown
        assert "Add device" not in shown
        assert client.post(devices_of(acme), LAPTOP).status_code == 403
        assert client.post(of(device, "-removal")).status_code == 403
        assert Device.objects.get().name == "KEPT"

    def test_a_tenant_reaches_no_other_client_of_this_msp_or_another(self, as_tenant, cast, birch):
        for other in (birch, cast.bluefin.clients[0]):
            device = device_in(other, "THEIRS")
            assert as_tenant.get(devices_of(other)).status_code == 404
            assert as_tenant.post(of(device), LAPTOP).status_code == 404
            assert as_tenant.post(of(device, "-removal")).status_code == 404
        assert set(Device.objects.values_list("name", flat=True)) == {"THEIRS"}

    def test_a_tenant_has_no_list_over_all_organizations(self, as_tenant):
        assert as_tenant.get(reverse("devices")).status_code == 404


class TestTheLists:
    def test_over_all_organizations_hold_the_msps_own_only(self, as_msp, cast, acme, birch):
        for client in (acme, birch, cast.bluefin.clients[0]):
            device_in(client, f"PC of {client.organization.name}")
        shown = text(as_msp.get(reverse("devices")))
        assert "2 devices in 2 organizations." in shown
        assert "PC of Coral Foods" not in shown

    def test_are_searched_and_narrowed(self, as_msp, acme, birch):
        for client in (acme, birch):
            device_in(client, "Büro-PC")
        page = as_msp.get(reverse("devices"), {"q": "buro", "organization": birch.pk}).context["page"]
        assert [row.organization_id for row in page.rows] == [birch.pk]

    def test_as_csv_hold_what_is_filtered(self, as_msp, acme, birch):
        device_in(acme, "@SUM(A1)")
        device_in(birch, "OTHER")
        answer = as_msp.get(reverse("devices-csv"), {"organization": acme.pk})
        rows = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert [row[1] for row in rows] == ["Name", "'@SUM(A1)"]

    def test_of_one_organization_are_its_tenants_own_csv(self, as_tenant, acme):
        device_in(acme, "PC")
        answer = as_tenant.get(reverse("organization-devices-csv", args=[acme.pk]))
        assert b"PC" in b"".join(answer.streaming_content)

    def test_say_what_would_be_here(self, as_tenant, acme):
        assert "No devices yet" in text(as_tenant.get(devices_of(acme)))
