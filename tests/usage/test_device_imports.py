"""Devices from a file: the way of users, without a cap, and with a warning where a device looks like one that is listed already."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from tests import cast as people
from tests.usage.test_user_imports import address, confirm, faults, leftovers, shown
from usage.models import Device, SeatEvent, StagedImport
from usage.tasks import work_imports

pytestmark = pytest.mark.django_db

HEAD = "Name,Operating system,Serial number\n"


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def as_tenant(client, acme):
    return people.sign_in(client, acme.administrator)


def device_in(house, name, **fields):
    return Device.objects.create(provider_id=house.organization.provider_id, organization=house.organization, name=name, **fields)


def send(browser, house, content):
    content = content.encode() if isinstance(content, str) else content
    return browser.post(reverse("device-imports", args=[house.pk]), {"file": SimpleUploadedFile("devices.csv", content)})


def checked(browser, house, content):
    """The import after the worker looked at it."""
    assert send(browser, house, content).status_code == 303
    work_imports()
    return StagedImport.objects.filter(organization_id=house.pk, kind="device").latest("started_at", "pk")


def named(house):
    fields = ("name", "operating_system", "serial_number")
    return sorted(Device.objects.filter(organization_id=house.pk).values_list(*fields))


def warnings(found):
    return {row.line: row.warnings for row in found.rows.doubtful()}


class TestAFileOfDevices:
    def test_is_shown_then_added_whole_counted_and_marked_at_a_full_house(self, as_tenant, acme):
        acme.cap(1)
        found = checked(as_tenant, acme, HEAD + "PC-1,Windows 11,SN-1\nPC-2,,\n")
        assert "<strong>2</strong> devices will be added. Devices take no seat." in shown(as_tenant, found)
        assert acme.seats.devices == 0
        found = confirm(as_tenant, found)
        assert found.state == "done"
        assert "2 devices were added." in shown(as_tenant, found)
        assert named(acme) == [("PC-1", "Windows 11", "SN-1"), ("PC-2", "", "")]
        assert (acme.seats.devices, acme.seats.devices_mark, acme.seats.users) == (2, 2, 1)
        assert set(SeatEvent.objects.filter(kind="device").values_list("by", flat=True)) == {acme.administrator.name}
        event = AuditEvent.objects.get(action="usage.device.imported")
        assert (event.organization_id, event.details["devices"], leftovers()) == (acme.pk, 2, (0, 0))

    def test_is_what_the_list_exports(self, as_tenant, acme):
        device_in(acme, "=PC", operating_system="Ubuntu; 24", serial_number="-7")
        device_in(acme, "Zoë's")
        before = named(acme)
        exported = b"".join(as_tenant.get(reverse("organization-devices-csv", args=[acme.pk])).streaming_content)
        Device.objects.all().delete()
        found = confirm(as_tenant, checked(as_tenant, acme, exported))
        assert (found.state, found.ignored, named(acme)) == ("done", ["Added", "ID"], before)

    def test_is_what_the_template_shows(self, as_tenant, acme):
        template = b"".join(as_tenant.get(reverse("device-import-template", args=[acme.pk])).streaming_content)
        assert checked(as_tenant, acme, template).state == "ready"

    def test_waits_for_no_file_of_users(self, as_tenant, acme):
        users = reverse("user-imports", args=[acme.pk])
        as_tenant.post(users, {"file": SimpleUploadedFile("users.csv", b"user_name,email\nnew,new@x.example\n")})
        assert send(as_tenant, acme, HEAD).status_code == 303
        assert send(as_tenant, acme, HEAD).status_code == 422
        assert "devices.csv" not in as_tenant.get(users).content.decode()

    def test_is_cancelled_and_leaves_nothing(self, as_tenant, acme):
        found = checked(as_tenant, acme, HEAD + "PC-1,,\n")
        as_tenant.post(address("-cancellation", found))
        assert (leftovers(), named(acme)) == ((0, 0), [])
        assert AuditEvent.objects.filter(action="usage.device.import_cancelled").exists()

    def test_for_a_house_that_closed_meanwhile_is_refused_by_the_gate(self, client, cast):
        browser, closed = (
            people.sign_in(client, cast.northwind.owner),
            people.client(cast.northwind.provider, "Elm Shut", users=0),
        )
        found = checked(browser, closed, HEAD + "PC-1,,\n")
        closed.organization.close(at=timezone.now())
        found = confirm(browser, found)
        assert (found.state, named(closed)) == ("ready", [])
        assert "This organization is closed. Nothing can be added to it." in shown(browser, found)

    def test_is_no_business_of_the_help_desk(self, client, cast, acme):
        people.sign_in(client, cast.northwind.by_role[Role.HELP_DESK])
        assert send(client, acme, HEAD + "PC-1,,\n").status_code == 403


class TestAFaultyRow:
    def test_is_told_with_line_and_reason_and_nothing_is_added(self, as_tenant, acme):
        found = checked(as_tenant, acme, HEAD + f"PC-1,,\n,Windows,\nPC-3,{'x' * 61},=1\nPC-4,,,x\n")
        assert faults(found) == {
            3: ["name:required"],
            4: ["operating_system:max_length", "serial_number:formula"],
            5: ["row:cells"],
        }
        page = shown(as_tenant, found)
        assert "3 of 4 rows are faulty. Nothing was added." in page
        assert "Operating system is longer than 60 characters." in page
        report = b"".join(as_tenant.get(address("-faults-csv", found)).streaming_content).decode("utf-8-sig")
        assert report.splitlines()[0] == "Line,Name,Operating system,Serial number,What is wrong"
        assert named(acme) == []


class TestADeviceThatLooksLikeOneThatIsListed:
    @pytest.mark.parametrize(
        ("rows", "told"),
        [
            ("PC-1,,SN-1\nPC-2,,sn-1\n", {2: ["serial_number:twice"], 3: ["serial_number:twice"]}),
            ("PC-1,,\npc-1,,\n", {2: ["name:twice"], 3: ["name:twice"]}),
            ("PC-1,,SN-1\nPC-1,,SN-2\nPC-1,,\n", {}),  # two serial numbers are two devices
            ("New,,here\n", {2: ["serial_number:here"]}),
            ("HERE,,\n", {2: ["name:here"]}),
            ("Here,,SN-9\n", {}),
            ("PC-1,,SN-1\nPC-2,,SN-2\n", {}),
        ],
    )
    def test_is_told_by_serial_number_or_else_by_name(self, as_tenant, acme, cast, rows, told):
        device_in(acme, "Here", serial_number="HERE")
        device_in(cast.northwind.clients[1], "PC-1", serial_number="SN-1")  # another house is none of this one's business
        assert warnings(checked(as_tenant, acme, HEAD + rows)) == told

    def test_is_shown_and_can_be_added_all_the_same(self, as_tenant, acme):
        device_in(acme, "Here")
        found = checked(as_tenant, acme, HEAD + "Here,,\nPC-2,,SN-2\nPC-3,,SN-2\n")
        page = shown(as_tenant, found)
        assert "3 rows look like devices that the file or the list has already." in page
        assert "The organization has a device of this name already, and no serial number tells them apart." in page
        assert confirm(as_tenant, found).state == "done"
        assert len(named(acme)) == 4
