import django.contrib.postgres.fields
import django.db.models.deletion
import msp_portal.lib.ids
from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Alerts: rules, crossings, mails, and what each cap was when (docs/decisions/0024)."""

    dependencies = [
        ('accounts', '0009_second_factors'),
        ('usage', '0013_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertBookmark',
            fields=[
                ('id', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('event', models.BigIntegerField(help_text='The number of the last event of the ledger.')),
                ('slot', models.DateTimeField(help_text='The last hour of licence totals.')),
            ],
            options={
                'verbose_name': 'bookmark of alerts',
                'verbose_name_plural': 'bookmarks of alerts',
            },
        ),
        migrations.CreateModel(
            name='AlertCrossing',
            fields=[
                ('id', msp_portal.lib.ids.PublicIdField(db_default=msp_portal.lib.ids.NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('near_limit', 'Near limit'), ('limit_reached', 'Limit reached'), ('cap_share', 'Share of the user cap'), ('licenses_near', 'Licences near the commitment'), ('licenses_over', 'Licences over the commitment'), ('licenses_share', 'Share of the committed licences')], max_length=14, verbose_name='what is watched')),
                ('percent', models.PositiveSmallIntegerField(null=True, verbose_name='percent')),
                ('threshold', models.PositiveIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('limit', models.PositiveIntegerField()),
                ('month', models.DateField(help_text='Its first day, of the calendar of the provider; the database writes it.')),
                ('at', models.DateTimeField()),
                ('told_at', models.DateTimeField(null=True)),
                ('webhooks', models.PositiveIntegerField(default=0, help_text='Deliveries to endpoints, of the crossing and of its replays.')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'crossing',
                'verbose_name_plural': 'crossings',
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', msp_portal.lib.ids.PublicIdField(db_default=msp_portal.lib.ids.NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('near_limit', 'Near limit'), ('limit_reached', 'Limit reached'), ('cap_share', 'Share of the user cap'), ('licenses_near', 'Licences near the commitment'), ('licenses_over', 'Licences over the commitment'), ('licenses_share', 'Share of the committed licences')], max_length=14, verbose_name='what is watched')),
                ('percent', models.PositiveSmallIntegerField(null=True, verbose_name='percent')),
                ('to_billing', models.BooleanField(default=False, verbose_name='all administrators with billing')),
                ('administrators', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), default=list, size=None)),
                ('emails', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), default=list, size=None)),
                ('by_email', models.BooleanField(default=True, verbose_name='by e-mail')),
                ('by_webhook', models.BooleanField(default=True, verbose_name='by webhook')),
                ('since', models.DateTimeField()),
                ('changed_by', models.CharField(blank=True, default='', max_length=255)),
                ('muted_at', models.DateTimeField(null=True)),
                ('muted_until', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'alert',
                'verbose_name_plural': 'alerts',
            },
        ),
        migrations.CreateModel(
            name='AlertMail',
            fields=[
                ('id', msp_portal.lib.ids.PublicIdField(db_default=msp_portal.lib.ids.NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('crossing', 'Alert'), ('replay', 'Sent again'), ('test', 'Test')], max_length=8)),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(blank=True, default='', max_length=255)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(blank=True, default='', max_length=255)),
                ('sent_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True, default='')),
                ('crossing', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='mails', to='usage.alertcrossing')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
                ('rule', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='mails', to='usage.alertrule')),
            ],
            options={
                'verbose_name': 'mail of an alert',
                'verbose_name_plural': 'mails of alerts',
            },
        ),
        migrations.AddField(
            model_name='alertcrossing',
            name='rule',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='crossings', to='usage.alertrule'),
        ),
        migrations.CreateModel(
            name='CapEvent',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('cap_before', models.PositiveIntegerField(null=True)),
                ('cap_after', models.PositiveIntegerField(null=True)),
                ('users', models.PositiveIntegerField()),
                ('by', models.CharField(max_length=255)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'change of a cap',
                'verbose_name_plural': 'changes of caps',
            },
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='alert_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('organization'), models.F('kind'), models.F('percent'), name='one_alert_a_threshold', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['cap_share', 'licenses_share']), ('percent__range', (1, 500))), models.Q(models.Q(('kind__in', ['cap_share', 'licenses_share']), _negated=True), ('percent', None)), _connector='OR'), name='alert_percent_fits'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('organization', None), models.Q(('kind__in', ['licenses_near', 'licenses_over', 'licenses_share']), _negated=True), _connector='OR'), name='alert_of_licenses_is_of_the_provider'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('emails__len__lte', 10)), name='alert_addresses_bounded'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('muted_until', None), ('muted_until__gt', models.F('muted_at')), _connector='OR'), name='alert_mute_ends_later'),
        ),
        migrations.AddIndex(
            model_name='alertmail',
            index=models.Index(fields=['crossing'], name='mails_of_crossing'),
        ),
        migrations.AddIndex(
            model_name='alertmail',
            index=models.Index(fields=['rule', '-made_at'], name='mails_of_alert'),
        ),
        migrations.AddConstraint(
            model_name='alertmail',
            constraint=models.UniqueConstraint(models.F('crossing'), models.F('email'), condition=models.Q(('purpose', 'crossing')), name='one_mail_a_crossing_and_address'),
        ),
        migrations.AddIndex(
            model_name='alertcrossing',
            index=models.Index(fields=['provider', '-at', '-id'], name='crossings_by_time'),
        ),
        migrations.AddIndex(
            model_name='alertcrossing',
            index=models.Index(fields=['rule', '-at'], name='crossings_of_alert'),
        ),
        migrations.AddIndex(
            model_name='alertcrossing',
            index=models.Index(condition=models.Q(('told_at', None)), fields=['at'], name='crossings_untold'),
        ),
        migrations.AddConstraint(
            model_name='alertcrossing',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='crossing_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='alertcrossing',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('organization'), models.F('kind'), models.F('percent'), models.F('threshold'), models.F('month'), name='once_a_crossing_and_month', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='capevent',
            index=models.Index(fields=['organization', 'id'], name='cap_events_of_organization'),
        ),
        sql_beside(__file__),
    ]
