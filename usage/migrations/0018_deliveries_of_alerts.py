from django.db import migrations, models

from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """What a delivery is about, and events of licences apart from those of users (docs/decisions/0023)."""

    dependencies = [
        ('usage', '0017_licence_forecast'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookdelivery',
            name='about',
            field=models.CharField(blank=True, default='', editable=False, help_text='The id of what it tells, where that leads here: a crossing or an alert.', max_length=24),
        ),
        migrations.AlterField(
            model_name='webhookdelivery',
            name='type',
            field=models.CharField(choices=[('alert.near_limit', 'An organization is near its user cap'), ('alert.limit_reached', 'An organization has reached its user cap'), ('alert.licenses_near', 'Licences are near the commitment'), ('alert.licenses_over', 'Licences are over the commitment'), ('alert.threshold', 'Users crossed a threshold of yours'), ('alert.licenses_threshold', 'Licences crossed a threshold of yours'), ('seat_request.opened', 'A client asked for more seats'), ('seat_request.granted', 'A request for seats was granted'), ('seat_request.declined', 'A request for seats was declined'), ('seat_request.withdrawn', 'A request for seats was withdrawn'), ('cap.changed', 'A user cap was changed'), ('ping', 'Test')], editable=False, max_length=32, verbose_name='event'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('about', ''), _negated=True), fields=['provider', 'about'], name='webhook_deliveries_about'),
        ),
        sql_beside(__file__),
    ]
