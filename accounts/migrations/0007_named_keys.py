import django.contrib.postgres.fields
from django.core.validators import MinValueValidator
from django.db import migrations, models
from django.db.models.functions import Lower

from msp_portal.lib.networks import NetworkField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Further keys beside the primary one: a name of their own, networks, what was told of them, and how often each may ask.

    The release before this one inserts keys without these columns, so each may be empty or has a default in the database.
    """

    dependencies = [("accounts", "0006_cases")]
    operations = [
        migrations.AddField(
            "apikey",
            "networks",
            django.contrib.postgres.fields.ArrayField(
                base_field=NetworkField(),
                blank=True,
                help_text="Where it may be used from; empty for anywhere.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            "apikey",
            "requests_per_minute",
            models.PositiveIntegerField(db_default=300, validators=[MinValueValidator(1)], verbose_name="requests a minute"),
        ),
        migrations.AddField(
            "apikey",
            "expiry_told_days",
            models.PositiveSmallIntegerField(
                editable=False, help_text="The last notice of its expiry was the one so many days before it.", null=True
            ),
        ),
        migrations.AddField(
            "apikey",
            "alerted_at",
            models.DateTimeField(editable=False, help_text="When a refused use of it last raised an alert.", null=True),
        ),
        migrations.AddConstraint(
            "apikey",
            models.UniqueConstraint(
                "provider",
                Lower("name"),
                condition=models.Q(is_primary=False, revoked_at=None, overlap_ends_at=None),
                name="one_live_key_a_name",
            ),
        ),
        migrations.AddConstraint(
            "apikey",
            models.CheckConstraint(condition=models.Q(networks__len__range=(1, 20)), name="few_networks_or_none"),
        ),
        migrations.AddIndex(
            "apikey",
            models.Index(
                "expires_at", condition=models.Q(revoked_at=None, overlap_ends_at=None), name="api_keys_by_expiry"
            ),
        ),
        sql_beside(__file__),
    ]
