from django.db import migrations


class Migration(migrations.Migration):
    """Everyone may put something into the outbox; only the worker reads it."""

    dependencies = [("portal", "0002_outbox")]
    operations = [
        migrations.RunSQL("""
            alter table portal_outboxmessage enable row level security;
            create policy tenant on portal_outboxmessage for insert to portal_tenant with check (provider_id = (select portal_provider()));
            create policy nobodys on portal_outboxmessage for insert to portal_web with check (provider_id is null);
            create policy everything on portal_outboxmessage to portal_system using (true) with check (true);
            grant insert on portal_outboxmessage to portal_tenant, portal_web;
            grant select, insert, update, delete on portal_outboxmessage, portal_mailboxmessage to portal_system;
        """)
    ]
