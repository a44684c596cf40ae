"""What can be done with devices. They are counted by the gate as users are, but have no cap."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Organization
from usage.gate import seat_gate
from usage.models import Device


@transaction.atomic
def add_device(
    *, organization: Organization, name: str, operating_system: str, serial_number: str, by: Actor, at: datetime
) -> Device:
    """Add a device.

    :raises OrganizationClosed: by the gate, with nothing written.
    """
    with seat_gate():
        device = Device.objects.create(
            provider_id=organization.provider_id,
            organization=organization,
            name=name,
            operating_system=operating_system,
            serial_number=serial_number,
        )
    audit.record(by, "usage.device.added", device, at=at)
    return device


@transaction.atomic
def edit_device(*, device: Device, name: str, operating_system: str, serial_number: str, by: Actor, at: datetime) -> Device:
    """Change what is noted of the device; the log notes what each changed field was and is."""
    wanted = {"name": name, "operating_system": operating_system, "serial_number": serial_number}
    changes = {field: [getattr(device, field), value] for field, value in wanted.items() if getattr(device, field) != value}
    if changes:
        for field in changes:
            setattr(device, field, wanted[field])
        device.save(update_fields=list(changes))
        audit.record(by, "usage.device.edited", device, at=at, changes=changes)
    return device


@transaction.atomic
def remove_device(*, device: Device, by: Actor, at: datetime) -> None:
    """Remove a device of a locked row. The ledger and the log keep its name."""
    audit.record(by, "usage.device.removed", device, at=at)
    device.delete()
