"""Raw SQL as the public web process would send it if a door forgot everything: the wall and the gate are all that is left."""

from contextlib import contextmanager

import psycopg

from msp_portal.lib.tenancy import ENTER

ADD = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state)
    values (%s, %s, %s, %s, '', '', 'active')
"""
CAP_REACHED, SUSPENDED, CLOSED, NOT_EMPTY = "UC001", "UC002", "UC003", "UC004"


@contextmanager
def scope(connection, provider_id, *, reach="provider", administrator=""):
    """A transaction on a psycopg connection that is inside one tenant."""
    with connection.transaction():
        connection.execute(ENTER, ["portal_tenant", provider_id, administrator, reach, "Raw SQL"])
        yield connection


def scope_of(connection, administrator):
    """The scope that the doors would open for this administrator."""
    reach = administrator.reach
    return scope(connection, administrator.provider_id, reach=reach.kind, administrator=reach.administrator_id)


def add_user(connection, organization, user_name):
    """One INSERT; the connection is in a scope already."""
    connection.execute(ADD, [organization.provider_id, organization.pk, user_name, f"{user_name}@x.example"])


def try_to_add(connection, organization, user_name):
    """Add a user in a scope of its own; "added", or the SQLSTATE that the database answered."""
    return sqlstate_of(lambda: add_in_scope(connection, organization, user_name)) or "added"


def add_in_scope(connection, organization, user_name):
    with scope(connection, organization.provider_id):
        add_user(connection, organization, user_name)


def sqlstate_of(call):
    """The SQLSTATE that `call` is refused with; None when it goes through."""
    try:
        call()
    except psycopg.Error as refusal:
        return refusal.sqlstate
    return None


def counted(connection, organization):
    """What the counter says and how many rows there are; the two may never differ."""
    return connection.execute(
        "select s.users, (select count(*) from usage_user u where u.organization_id = s.organization_id) "
        "from usage_seats s where s.organization_id = %s",
        [organization.pk],
    ).fetchone()
