import django.db.models.deletion
import msp_portal.lib.ids
from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Caps with dates: from one on, until one, or both (docs/decisions/0019)."""

    dependencies = [
        ('accounts', '0009_second_factors'),
        ('usage', '0007_searches_planned_anew'),
    ]

    operations = [
        migrations.CreateModel(
            name='CapChange',
            fields=[
                ('id', msp_portal.lib.ids.PublicIdField(db_default=msp_portal.lib.ids.NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('user_cap', models.PositiveIntegerField(null=True, verbose_name='user cap')),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('planned_at', models.DateTimeField()),
                ('planned_by', models.CharField(max_length=255)),
                ('begun_at', models.DateTimeField(null=True)),
                ('former_cap', models.PositiveIntegerField(null=True)),
                ('over_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'done'), ('dropped', 'dropped'), ('replaced', 'replaced by another'), ('closed', 'the organization was closed')], default='', max_length=8)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'planned user cap',
                'verbose_name_plural': 'planned user caps',
                'indexes': [models.Index(fields=['organization', '-planned_at'], name='cap_changes_of_organization')],
                'constraints': [models.UniqueConstraint(models.F('organization'), condition=models.Q(('over_at', None)), name='one_open_cap_change'), models.CheckConstraint(condition=models.Q(('user_cap__range', (1, 10000))), name='planned_cap_in_bounds'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='cap_change_ends_after_it_begins')],
            },
        ),
        sql_beside(__file__),
    ]
