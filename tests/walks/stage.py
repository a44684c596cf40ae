"""The stage of the walks: the cast, what hangs on Acme's walls, and an actor for each letter of the table."""

import gzip
import hashlib
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.actions.making_exports import rights_of
from accounts.actions.named_keys import create_named_key
from accounts.models import ApiKey, Export, ExportPiece, Organization, SupportCase
from accounts.roles import Role
from billing.models import (
    Charge,
    Contract,
    ContractDocument,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    MethodSetup,
    Package,
    PaymentMethod,
)
from tests import cast
from tests.billing.methods import on_file
from tests.usage.webhooks import endpoint
from tests.walks.table import ACTORS
from usage.actions.imports import start_import
from usage.models import (
    AlertCrossing,
    AlertMail,
    AlertRule,
    Device,
    RemovedUser,
    SeatRequest,
    Seats,
    StagedImport,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

ROLES = {
    "B": Role.ADMINISTRATOR_WITH_BILLING,
    "A": Role.ADMINISTRATOR,
    "I": Role.BILLING_ONLY,
    "M": Role.MANAGER,
    "H": Role.HELP_DESK,
    "R": Role.READ_ONLY,
}
# What an actor may never read, whatever the address.
FOREIGN = ("bluefin", "quartz", "zephyr")
HIDDEN_FROM = {
    **dict.fromkeys("BAIMHR", FOREIGN),
    **dict.fromkeys("LT", (*FOREIGN, "birch")),
    **dict.fromkeys("XO", (*FOREIGN, "acme")),
    "F": ("northwind", "acme", "birch"),
    **dict.fromkeys("SN", (*FOREIGN, "acme", "birch")),
}


class Stage:
    """Everyone and everything that the walks need, in whatever database the test is on."""

    def __init__(self):
        self.cast = cast.both()
        self.northwind, self.bluefin = self.cast.msps
        self.acme, self.birch = self.northwind.clients
        for msp in self.cast.msps:
            for client in msp.clients:
                self.furnish(client.organization, msp.owner)
                ask_for_seats(client)
                fire_an_alert(client, by=msp.owner)
        self.invoice = issue(self.northwind)
        issue(self.bluefin, number="BI-1")
        sign_contract(self.northwind)
        for msp in self.cast.msps:
            name_a_key(msp)
            listen(msp)
            start_paying(msp)
            keep_a_file(msp)
            decline_a_charge(msp)
        self.administrators = dict(zip(ACTORS, map(self.administrator, ACTORS), strict=True))

    def administrator(self, letter):
        if letter in ROLES:
            return self.northwind.by_role[ROLES[letter]]
        return {
            "L": lambda: self.northwind.limited,
            "X": lambda: limited_to(self.birch.organization),
            "T": lambda: self.acme.administrator,
            "O": lambda: self.birch.administrator,
            "F": lambda: self.bluefin.owner,
            "S": lambda: self.northwind.suspended,
            "N": lambda: None,
        }[letter]()

    def furnish(self, organization, owner):
        """A device, a removed user, a case about the organization, and a file of users that waits for its check."""
        name = f"{organization.name.split()[0].lower()}-pc"
        Device.objects.create(provider_id=organization.provider_id, organization=organization, name=name)
        keep_a_removed_user(organization, f"{name.removesuffix('-pc')}.gone")
        send_a_file(organization, f"{name.removesuffix('-pc')}.csv", by=owner)
        cast.case(owner, f"Sign-in fails at {organization.name}", organization=organization)

    @property
    def targets(self):
        """What the addresses of the walk name: things of Acme, or of Northwind."""
        return self.of(self.northwind)

    def of(self, msp):
        """The same things of either MSP: of its first client, or of itself."""
        client, invoice = msp.clients[0], Invoice.objects.get(provider=msp.provider)
        return {
            "provider_id": msp.pk,
            "id": client.pk,
            "organization_id": client.pk,
            "user_id": client.user.pk,
            "removed_id": RemovedUser.objects.get(organization_id=client.pk).pk,
            "device_id": Device.objects.get(organization_id=client.pk).pk,
            "administrator_id": msp.by_role[Role.READ_ONLY].pk,
            "invoice_id": invoice.pk,
            "ID": invoice.number,
            "charge_ids": Charge.objects.get(invoice=invoice).pk,
            "request_id": SeatRequest.objects.get(organization_id=client.pk).pk,
            "import_id": StagedImport.objects.get(organization_id=client.pk).pk,
            "rule_id": AlertRule.objects.get(organization_id=client.pk).pk,
            "crossing_id": AlertCrossing.objects.get(organization_id=client.pk).pk,
            "case_id": SupportCase.objects.get(organization_id=client.pk).pk,
            "person_id": msp.owner.person_id,
            "key_id": ApiKey.objects.filter(provider=msp.provider).named().get().pk,
            "webhook_id": WebhookEndpoint.objects.get(provider=msp.provider).pk,
            "delivery_id": WebhookDelivery.objects.get(provider=msp.provider).pk,
            "month": f"{Seats.objects.get(pk=client.pk).month:%Y-%m}",
            "export_id": Export.objects.get(administrator=msp.owner).pk,
            "token": "no-such-token",
            "kind": "card",
            "method_id": PaymentMethod.objects.filter(provider=msp.provider).on_file().last().pk,
            "setup_id": MethodSetup.objects.get(provider=msp.provider).pk,
        }


def keep_a_removed_user(organization, user_name):
    """One who was removed just now, without the seat that he had."""
    now = timezone.now()
    RemovedUser.objects.create(
        provider_id=organization.provider_id,
        organization=organization,
        user_name=user_name,
        name=user_name,
        email=f"{user_name}@x.example",
        state="active",
        created_at=now,
        removed_at=now,
        removed_by="Ada",
    )


def send_a_file(organization, name, *, by):
    file = SimpleUploadedFile(name, b"user_name,email\nnew,new@x.example\n")
    start_import(organization=organization, kind="user", file=file, by=by, at=timezone.now())


def keep_a_file(msp):
    """A file of all users that was made for the owner."""
    owner, now = msp.owner, timezone.now()
    export = Export.objects.create(
        provider=msp.provider,
        administrator=owner,
        address="/users/csv/",
        language="en",
        file_name="users.csv",
        state=Export.State.READY,
        rows_expected=2,
        rows_written=2,
        rights=rights_of(owner),
        asked_at=now,
        made_at=now,
        expires_at=now + timedelta(days=7),
    )
    lines = "".join(f"{client.organization.name},{client.user.user_name}\r\n" for client in msp.clients)
    ExportPiece.objects.create(provider=msp.provider, export=export, place=1, content=gzip.compress(lines.encode(), mtime=0))


def name_a_key(msp):
    """A further key of the MSP, whose expiry has to be told of."""
    now = timezone.now()
    terms = {"role": Role.READ_ONLY, "expires_at": now + timedelta(days=5), "networks": ["192.0.2.0/24"]}
    name = f"{msp.provider.name} sync"
    create_named_key(provider=msp.provider, name=name, by=msp.owner, at=now - timedelta(days=80), **terms)


def listen(msp):
    """A webhook, and an event that failed there with an answer that is out for mischief."""
    now, host = timezone.now(), f"hooks.{cast.domain(msp.provider.name)}"
    hook = endpoint(msp.provider, f"https://{host}/portal", failing_since=now - timedelta(hours=1))
    told = WebhookDelivery.objects.create(
        provider=msp.provider,
        endpoint=hook,
        message_id=f"msg_{hook.pk}",
        type="cap.changed",
        body=f'{{"type":"cap.changed","data":"{msp.provider.name} test"}}',
        announced_at=now,
        state="failed",
        tries=1,
        due_at=now,
        settled_at=now,
    )
    answered = {"signature": "v1,c2lnbmF0dXJl", "milliseconds": 12, "status": 500, "answer": "<script>alert(1)</script>"}
    WebhookAttempt.objects.create(provider=msp.provider, delivery=told, at=now, **answered)


def ask_for_seats(client, seats=5):
    """A request of the client's administrator, whatever its cap."""
    who = client.administrator
    return SeatRequest.objects.create(
        provider_id=who.provider_id,
        organization=client.organization,
        seats=seats,
        reason=f"New people at {client.organization.name}.",
        asked_at=timezone.now(),
        asked_by=who,
        asked_by_name=who.name,
        asked_by_email=who.email,
    )


def fire_an_alert(client, *, by):
    """An alert of the client's own, and what it told."""
    now = timezone.now()
    terms = {"provider": by.provider, "organization": client.organization, "kind": "limit_reached"}
    rule = AlertRule.objects.create(**terms, to_billing=True, emails=["ops@x.example"], since=now)
    crossing = AlertCrossing.objects.create(
        **terms, rule=rule, threshold=1, count=1, limit=1, month=now.date().replace(day=1), at=now, told_at=now
    )
    about = {"provider": by.provider, "organization": client.organization, "rule": rule}
    AlertMail.objects.create(
        **about, crossing=crossing, purpose="crossing", email=by.email, name=by.name, made_at=now, sent_at=now
    )
    AlertMail.objects.create(**about, purpose="test", email=by.email, made_at=now, made_by=by.name, failed_at=now, error="away")


def start_paying(msp):
    """A card and a bank account on file, and the owner on the way to a third method."""
    on_file(msp.provider)
    on_file(msp.provider, "Test Bank", "6789", kind="bank_account")
    MethodSetup.objects.create(
        provider=msp.provider, kind="card", administrator_id=msp.owner.pk, by=msp.owner.name, started_at=timezone.now()
    )


def limited_to(organization):
    administrator = cast.administrator(
        organization.provider, Role.MANAGER, first_name="Further", limited_at=timezone.now(), email="further@x.example"
    )
    cast.give_access(administrator, organization)
    return administrator


@transaction.atomic  # the lines must add up at the commit
def issue(msp, number="NW-1"):
    """An invoice with a line for each client, and a paper of a few bytes."""
    month = date(2026, 3, 1)
    invoice = Invoice.objects.create(
        provider=msp.provider,
        number=number,
        kind=Invoice.Kind.MONTHLY,
        month=month,
        marks_month=month,
        time_zone="UTC",
        currency="USD",
        issued_on=month + timedelta(days=31),
        due_on=month + timedelta(days=61),
        total_amount=10,
    )
    for place, organization in enumerate(Organization.objects.filter(provider=msp.provider), start=1):
        InvoiceLine.objects.create(
            provider=msp.provider,
            invoice=invoice,
            organization=organization,
            place=place,
            organization_name=organization.name,
            high_water_mark=1,
            committed_part=1,
            overage_part=0,
            unit_price=5,
            amount=5,
        )
    InvoiceDocument.objects.create(provider=msp.provider, invoice=invoice, **paper_of(msp))
    return invoice


def decline_a_charge(msp):
    """A charge of the invoice that the bank declined."""
    invoice, now = Invoice.objects.get(provider=msp.provider), timezone.now()
    charge = Charge.objects.create(
        provider=msp.provider,
        invoice=invoice,
        method=PaymentMethod.objects.on_file().filter(provider=msp.provider)[0],
        attempt=1,
        reason="pay_now",
        amount=10,
        currency="USD",
        intended_at=now,
    )
    Charge.objects.filter(pk=charge.pk).update(state="failed", decline_code="expired_card", sent_at=now, settled_at=now)


def sign_contract(msp):
    """A contract in force, with a paper of a few bytes."""
    day = timezone.now().date()
    contract = Contract.objects.create(
        provider=msp.provider,
        number="C-1",
        package=Package.objects.create(
            name="Platform Plus", code="plus", includes=["Directory"], unit_price=5, overage_price=7, currency="USD"
        ),
        kind=Contract.Kind.ANNUAL,
        committed=100,
        unit_price=5,
        overage_price=7,
        currency="USD",
        valid_from=day - timedelta(days=30),
        ends_on=day + timedelta(days=300),
        signed_on=day - timedelta(days=31),
    )
    ContractDocument.objects.create(provider=msp.provider, contract=contract, **paper_of(msp))


def paper_of(msp):
    content = f"%PDF-1.7 of {msp.provider.name}".encode()
    return {"content": content, "sha256": hashlib.sha256(content).hexdigest()}
