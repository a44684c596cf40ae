"""Plays the story through the seat gate: one round trip, each event at its own instant and in its actor's name."""

import json
from collections.abc import Mapping, Sequence

from django.db import connection

from billing.sample.story import Event

# The gate reads `portal.clock` and `portal.actor`; both end with the transaction.
PLAY = """
do $play$
declare
    event jsonb;
    house text;
begin
    for event in select value from jsonb_array_elements(current_setting('portal.story')::jsonb) loop
        perform set_config('portal.clock', event->>'at', true), set_config('portal.actor', event->>'by', true);
        house := event->>'organization';
        case event->>'do'
        when 'open' then
            insert into accounts_organization (id, provider_id, name, external_id, contact_name, contact_email, created_at)
            values (house, event->>'provider', event->>'name', event->>'external_id', event->>'contact_name', event->>'contact_email',
                    (event->>'at')::timestamptz);
        when 'join' then
            insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state, suspended_at, created_at)
            select event->>'provider', house, r.user_name, r.email, r.first_name, r.last_name, r.state, r.suspended_at,
                   (event->>'at')::timestamptz
            from jsonb_to_recordset(event->'rows')
                 as r(user_name text, email text, first_name text, last_name text, state text, suspended_at timestamptz);
        when 'leave' then
            delete from usage_user u where u.organization_id = house and lower(u.user_name) in
                (select jsonb_array_elements_text(event->'names'));
        when 'move' then
            perform usage_move_users(array(select u.id from usage_user u where u.organization_id = house and lower(u.user_name) in
                (select jsonb_array_elements_text(event->'names'))), event->>'to');
        when 'add' then
            insert into usage_device (provider_id, organization_id, name, operating_system, serial_number, created_at)
            select event->>'provider', house, r.name, r.operating_system, r.serial_number, (event->>'at')::timestamptz
            from jsonb_to_recordset(event->'rows') as r(name text, operating_system text, serial_number text);
        when 'retire' then
            delete from usage_device d where d.organization_id = house and d.name in
                (select jsonb_array_elements_text(event->'names'));
        when 'cap' then
            update usage_seats set user_cap = (event->>'user_cap')::int where organization_id = house;
        end case;
    end loop;
end
$play$
"""


def play(events: Sequence[Event], provider_id: str, ids: Mapping[str, str]) -> None:
    """Let `events` happen. `ids` are the organizations' identifiers by name; the clock stands at the last event afterwards.

    :raises django.db.DatabaseError: when the gate refuses one; then nothing of it is kept.
    """
    told = [_told(event, provider_id, ids) for event in events]
    with connection.cursor() as cursor:
        cursor.execute("select set_config('portal.story', %s, true)", [json.dumps(told)])
        cursor.execute(PLAY)


def _told(event: Event, provider_id: str, ids: Mapping[str, str]) -> dict[str, object]:
    details = {**event.details, "to": ids[event.details["to"]]} if "to" in event.details else event.details
    return {
        **details,
        "at": event.at.isoformat(),
        "do": event.do,
        "by": event.by,
        "provider": provider_id,
        "organization": ids[event.organization],
    }


def set_clock(at: str) -> None:
    """Let the gate's clock stand at an ISO instant for the rest of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('portal.clock', %s, true)", [at])


def new_ids(count: int) -> list[str]:
    """Identifiers for rows that are named before they are made."""
    with connection.cursor() as cursor:
        cursor.execute("select portal_new_id() from generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]
