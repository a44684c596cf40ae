import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Webhooks of a provider: endpoints, deliveries and their attempts (docs/decisions/0023)."""

    dependencies = [
        ('accounts', '0009_second_factors'),
        ('usage', '0012_ways_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=500, verbose_name='address')),
                ('description', models.CharField(blank=True, default='', max_length=120, verbose_name='description')),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None, verbose_name='events')),
                ('sealed_secret', models.TextField(editable=False)),
                ('former_sealed_secret', models.TextField(blank=True, default='', editable=False)),
                ('former_secret_until', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(editable=False)),
                ('created_by_name', models.CharField(editable=False, max_length=255)),
                ('paused_at', models.DateTimeField(editable=False, null=True)),
                ('paused_by_name', models.CharField(blank=True, default='', editable=False, help_text='Empty: the portal itself.', max_length=255)),
                ('failing_since', models.DateTimeField(editable=False, help_text='The first failure since the last success.', null=True)),
                ('told_at', models.DateTimeField(editable=False, help_text='When the administrators were told that it fails.', null=True)),
                ('called_at', models.DateTimeField(editable=False, help_text='The one that waited longest is called first.', null=True)),
                ('busy_until', models.DateTimeField(editable=False, help_text='While a worker calls it: one call at a time.', null=True)),
                ('held_until', models.DateTimeField(editable=False, help_text='After a failure it is left in peace for a while.', null=True)),
                ('last_success_at', models.DateTimeField(editable=False, null=True)),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('message_id', models.CharField(editable=False, max_length=40)),
                ('type', models.CharField(choices=[('alert.near_limit', 'An organization is near its user cap'), ('alert.limit_reached', 'An organization has reached its user cap'), ('alert.licenses_near', 'Licences are near the commitment'), ('alert.licenses_over', 'Licences are over the commitment'), ('alert.threshold', 'A threshold of yours was crossed'), ('seat_request.opened', 'A client asked for more seats'), ('seat_request.granted', 'A request for seats was granted'), ('seat_request.declined', 'A request for seats was declined'), ('seat_request.withdrawn', 'A request for seats was withdrawn'), ('cap.changed', 'A user cap was changed'), ('ping', 'Test')], editable=False, max_length=32, verbose_name='event')),
                ('body', models.TextField(editable=False)),
                ('announced_at', models.DateTimeField(editable=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='waiting', editable=False, max_length=9, verbose_name='state')),
                ('tries', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(editable=False)),
                ('settled_at', models.DateTimeField(editable=False, null=True)),
                ('replayed_at', models.DateTimeField(editable=False, null=True)),
                ('replayed_by_name', models.CharField(blank=True, default='', editable=False, max_length=255)),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
                ('endpoint', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='usage.webhookendpoint')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(editable=False)),
                ('signature', models.TextField(blank=True, default='', editable=False, help_text='The header, with one signature a secret.')),
                ('milliseconds', models.PositiveIntegerField(editable=False, help_text='Empty while it is under way.', null=True)),
                ('status', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('answer', models.TextField(blank=True, default='', editable=False)),
                ('error', models.CharField(blank=True, default='', editable=False, help_text='A word of `usage.webhook_words`.', max_length=32)),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
                ('delivery', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='attempts', to='usage.webhookdelivery')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'indexes': [models.Index(fields=['delivery', 'at'], name='webhook_attempts_by_time')],
            },
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='webhook_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('types__len__gt', 0)), name='webhook_listens_to_something'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-announced_at', '-id'], name='webhook_deliveries_by_time'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'due_at'], name='webhook_deliveries_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['announced_at'], name='webhook_deliveries_over'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='webhook_delivery_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(models.F('endpoint'), models.F('message_id'), name='one_delivery_an_event_and_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='webhook_delivery_says_since_when'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('tries__lte', 10)), name='webhook_delivery_is_parked_in_time'),
        ),
        sql_beside(__file__),
    ]
