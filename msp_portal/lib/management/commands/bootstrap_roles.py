"""Makes the database's roles, the database itself and its extensions. Run before `migrate`; running it again changes nothing.

Roles belong to a cluster, not to a database, which is why no migration makes them.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql

from msp_portal import env

LOGINS = {"owner": "DATABASE_OWNER_URL", "web": "DATABASE_URL", "system": "DATABASE_SYSTEM_URL"}

ROLES = """
do $$
declare
    is_superuser constant boolean := (select rolsuper from pg_roles where rolname = current_user);
begin
    if to_regrole('portal_owner')  is null then create role portal_owner login; end if;
    if to_regrole('portal_web')    is null then create role portal_web login noinherit; end if;
    if to_regrole('portal_tenant') is null then create role portal_tenant nologin; end if;
    if to_regrole('portal_system') is null then create role portal_system login noinherit; end if;
    if to_regrole('portal_backup') is null then
        create role portal_backup nologin;
        if is_superuser then
            grant pg_read_all_data to portal_backup;
            alter role portal_backup bypassrls;
        end if;
    end if;
    if not is_superuser then  -- an administrator who may only create roles must be in one to hand a database over to it
        execute format('grant portal_owner to %I', current_user);
    end if;
    grant portal_tenant to portal_web;
    grant portal_tenant to portal_system;
end $$
"""

IN_THE_DATABASE = """
create extension if not exists pg_trgm;
create extension if not exists unaccent;
alter schema public owner to portal_owner;
revoke create on schema public from public;
do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;
grant usage on schema public to portal_web, portal_tenant, portal_system, portal_backup;
"""


class Command(BaseCommand):
    help = "Make the roles, the database and its extensions (DATABASE_ADMIN_URL names a login that may)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything, in order; each step only where it is missing."""
        admin = env.text("DATABASE_ADMIN_URL")
        name = env.database("DATABASE_OWNER_URL")["NAME"]
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(ROLES)
            for setting in LOGINS.values():
                self._set_password(connection, env.database(setting), name)
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("create database {} owner portal_owner").format(sql.Identifier(name)))
        with psycopg.connect(urlunsplit(urlsplit(admin)._replace(path=f"/{name}")), autocommit=True) as connection:
            connection.execute(IN_THE_DATABASE)
        self.stdout.write(f"Roles and database {name} are ready.")

    def _set_password(self, connection: psycopg.Connection, login: dict[str, str], database: str) -> None:
        """Give a login the password that its address carries, unless it already opens the door.

        :raises CommandError: when an address names a role that is not one of ours.
        """
        if login["NAME"] != database or login["USER"] not in {f"portal_{who}" for who in LOGINS}:
            raise CommandError(
                f"The three database addresses must name {database} and log in as portal_owner, portal_web and portal_system."
            )
        if self._opens(connection, login):
            return
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(login["USER"]), sql.Literal(login["PASSWORD"]))
        )

    def _opens(self, connection: psycopg.Connection, login: dict[str, str]) -> bool:
        try:
            psycopg.connect(
                dbname=connection.info.dbname,
                user=login["USER"],
                password=login["PASSWORD"],
                host=login["HOST"],
                port=login["PORT"],
            ).close()
        except psycopg.OperationalError:
            return False
        return True
