import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Files of users on their way into an organization (docs/decisions/0020)."""

    dependencies = [
        ('accounts', '0009_second_factors'),
        ("usage", "0009_cap_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name='UserImport',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('file_name', models.CharField(editable=False, max_length=120)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('checking', 'Checking'), ('ready', 'Ready'), ('confirmed', 'Confirmed'), ('importing', 'Importing'), ('done', 'Imported'), ('faulty', 'Faulty rows'), ('unreadable', 'Unreadable'), ('interrupted', 'Interrupted'), ('cancelled', 'Cancelled')], default='waiting', editable=False, max_length=12)),
                ('rows_expected', models.PositiveIntegerField(editable=False, help_text='By the lines of the file.')),
                ('rows_read', models.PositiveIntegerField(default=0, editable=False)),
                ('faulty_rows', models.PositiveIntegerField(default=0, editable=False)),
                ('ignored', models.JSONField(default=list, editable=False, help_text='Columns that mean nothing to us.')),
                ('problem', models.JSONField(default=dict, editable=False, help_text='`code`, and what it speaks of.')),
                ('refusal', models.JSONField(default=dict, editable=False, help_text='`code` of the rule, and its details.')),
                ('administrator_id', models.CharField(editable=False, max_length=24)),
                ('by', models.CharField(editable=False, max_length=255)),
                ('started_at', models.DateTimeField(editable=False)),
                ('settled_at', models.DateTimeField(editable=False, null=True)),
                ('attempt', models.PositiveIntegerField(default=0, editable=False, help_text='Which claim of a worker holds.')),
                ('lease_ends_at', models.DateTimeField(editable=False, null=True)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'import of users',
                'verbose_name_plural': 'imports of users',
            },
        ),
        migrations.CreateModel(
            name='UserImportFile',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
                ('user_import', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='file', to='usage.userimport')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UserImportRow',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('line', models.PositiveIntegerField()),
                ('user_name', models.CharField(max_length=100)),
                ('email', models.CharField(max_length=254)),
                ('first_name', models.CharField(max_length=80)),
                ('last_name', models.CharField(max_length=80)),
                ('state', models.CharField(max_length=9)),
                ('faults', models.JSONField(default=list)),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.organization')),
                ('provider', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
                ('user_import', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='usage.userimport')),
            ],
        ),
        migrations.AddIndex(
            model_name='userimport',
            index=models.Index(fields=['organization', '-started_at'], name='imports_by_time'),
        ),
        migrations.AddConstraint(
            model_name='userimport',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'checking', 'ready', 'confirmed', 'importing'])), fields=('organization',), name='one_import_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='userimport',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='import_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='userimportrow',
            constraint=models.UniqueConstraint(models.F('user_import'), models.F('line'), name='one_row_a_line_of_an_import'),
        ),
        sql_beside(__file__),
    ]
