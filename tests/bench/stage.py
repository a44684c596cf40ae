"""The data of the measures, made through the real gate, and the floors' own table: like the users' in all but the triggers."""

from dataclasses import dataclass
from functools import cached_property

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Provider
from accounts.roles import Role
from msp_portal import env
from tests import cast
from usage.actions.licence_totals import fill_slots

# What `usage_user` has, without the gate: the floor pays for indexes, checks, generated columns, keys and policies as well.
FLOOR_TABLE = """
    create table bench_user (like usage_user including all);
    call portal_bind_to_organization('bench_user');
    call portal_protect('bench_user', 'organization', 'select, insert, delete', 'select, insert, delete');
"""
ORGANIZATIONS = """
    insert into accounts_organization (provider_id, name, external_id, contact_name, contact_email)
    select %s, (array['Northern', 'Eastern', 'Southern', 'Western'])[1 + g %% 4] || ' Client ' || g, '', '', ''
    from generate_series(1, %s) g
"""
# Two by two, one client has as many more as the other has fewer: so they differ in size, as a sort wants it, and the sum is exact.
USERS = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state)
    select o.provider_id, o.id, 'user' || g, 'user' || g || '@x.example', 'Ada', 'Lovelace ' || g, 'active'
    from (select provider_id, id, row_number() over (order by id) as place from accounts_organization where provider_id = %(provider)s) o
    cross join lateral generate_series(1, %(users)s + (1 - place %% 2 * 2) * ((place - 1) / 2 %% %(users)s)) g
"""


@dataclass(frozen=True)
class Size:
    """How much data: `providers` of `organizations` with `users` each; `big` organizations at one provider; `rows` in bulk, `sent` as CSV."""

    name: str
    providers: int
    organizations: int
    users: int
    big: int
    rows: int
    sent: int

    @property
    def all_users(self):
        return self.providers * self.organizations * self.users

    def __str__(self):
        return f"{self.providers:,} providers × {self.organizations} organizations, {self.all_users:,} users"


SIZES = {
    "small": Size("small", providers=100, organizations=50, users=40, big=10_000, rows=10_000, sent=100_000),
    "full": Size("full", providers=1000, organizations=100, users=20, big=10_000, rows=100_000, sent=1_000_000),
}


class Stage:
    """Providers with data, two administrators who look at the Usage page, and connections as the real logins."""

    def __init__(self, size):
        self.size = size
        self.owner = psycopg.connect(environment_url("owner"), autocommit=True)
        self.web = psycopg.connect(environment_url("web"), autocommit=True)
        self.owner.execute(FLOOR_TABLE)
        self.hundred = self.administrator("Hundred Clients", 100, users=5)
        for number in range(size.providers):
            self.provider(f"Provider {number}", size.organizations, size.users)
        self.owner.execute("vacuum analyze")

    @cached_property
    def many(self):
        """Made when first asked for: its many small clients would tilt the figures of the hourly job, which counts them once."""
        administrator = self.administrator("Many Clients", self.size.big, users=5)
        fill_slots(at=timezone.now())
        self.owner.execute("vacuum analyze")
        return administrator

    def provider(self, name, organizations, users):
        provider = Provider.objects.create(name=name)
        cast.license_to(provider, committed=organizations * users)
        with connection.cursor() as cursor:
            cursor.execute(ORGANIZATIONS, [provider.pk, organizations])
            cursor.execute(USERS, {"provider": provider.pk, "users": users})
        return provider

    def administrator(self, name, organizations, users):
        provider = self.provider(name, organizations, users)
        return cast.administrator(provider, Role.ADMINISTRATOR_WITH_BILLING)

    def organizations_of(self, administrator, number):
        rows = self.owner.execute(
            "select id from accounts_organization where provider_id = %s order by id limit %s",
            [administrator.provider_id, number],
        )
        return [pk for (pk,) in rows]


def environment_url(login):
    """The address of another of the portal's logins to the database that the ORM is on."""
    address = env.database({"owner": "DATABASE_OWNER_URL", "web": "DATABASE_URL"}[login])
    return psycopg.conninfo.make_conninfo(
        host=address["HOST"],
        port=address["PORT"],
        user=address["USER"],
        password=address["PASSWORD"],
        dbname=settings.DATABASES["default"]["NAME"],
    )
