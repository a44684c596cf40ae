import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Long listings as files that the worker makes (docs/decisions/0025)."""

    dependencies = [
        ('accounts', '0009_second_factors'),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('address', models.CharField(editable=False, help_text='Path and query of the listing.', max_length=2000)),
                ('language', models.CharField(editable=False, max_length=16)),
                ('file_name', models.CharField(editable=False, max_length=255)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('making', 'Being made'), ('ready', 'Ready'), ('failed', 'Failed')], default='waiting', editable=False, max_length=8)),
                ('rows_expected', models.PositiveIntegerField(editable=False)),
                ('rows_written', models.PositiveIntegerField(default=0, editable=False)),
                ('size', models.PositiveBigIntegerField(default=0, editable=False, help_text='Bytes of the file.')),
                ('rights', models.CharField(blank=True, editable=False, max_length=64)),
                ('problem', models.CharField(blank=True, editable=False, help_text='Why it failed.', max_length=16)),
                ('asked_at', models.DateTimeField(editable=False)),
                ('made_at', models.DateTimeField(editable=False, null=True)),
                ('expires_at', models.DateTimeField(editable=False, null=True)),
                ('attempt', models.PositiveSmallIntegerField(default=0, editable=False, help_text='Which claim of a worker holds.')),
                ('lease_ends_at', models.DateTimeField(editable=False, null=True)),
                ('administrator', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='accounts.administrator')),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'exports',
            },
        ),
        migrations.CreateModel(
            name='ExportPiece',
            fields=[
                ('id', PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ('place', models.PositiveIntegerField(editable=False)),
                ('content', models.BinaryField()),
                ('export', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='accounts.export')),
                ('provider', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='accounts.provider')),
            ],
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.UniqueConstraint(models.F('provider'), models.F('id'), name='export_of_its_provider'),
        ),
        migrations.AddConstraint(
            model_name='exportpiece',
            constraint=models.UniqueConstraint(models.F('export'), models.F('place'), name='one_piece_a_place_of_an_export'),
        ),
        sql_beside(__file__),
    ]
