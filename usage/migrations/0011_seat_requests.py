import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Requests for seats, at most one open an organization."""

    dependencies = [("accounts", "0009_second_factors"), ("usage", "0010_user_imports")]
    operations = [
        migrations.CreateModel(
            name="SeatRequest",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("seats", models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(9999)], verbose_name="more seats")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("until", models.DateField(blank=True, help_text="The last day, as the asker wished. Nothing ends by it.", null=True, verbose_name="needed until")),
                ("state", models.CharField(choices=[("open", "Open"), ("granted", "Granted"), ("declined", "Declined"), ("withdrawn", "Withdrawn")], default="open", editable=False, max_length=9, verbose_name="state")),
                ("asked_at", models.DateTimeField(editable=False, verbose_name="asked")),
                ("asked_by_name", models.CharField(editable=False, max_length=255, verbose_name="asked by")),
                ("asked_by_email", models.EmailField(editable=False, max_length=254)),
                ("decided_at", models.DateTimeField(editable=False, null=True, verbose_name="answered")),
                ("decided_by_name", models.CharField(blank=True, default="", editable=False, max_length=255, verbose_name="answered by")),
                ("granted_seats", models.PositiveIntegerField(editable=False, null=True, verbose_name="granted seats")),
                ("answer", models.CharField(blank=True, default="", editable=False, max_length=500, verbose_name="answer")),
                ("asked_by", models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="seat_requests", to="accounts.administrator")),
                ("organization", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.organization")),
                ("provider", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.provider")),
            ],
            options={
                "verbose_name": "request for seats",
                "verbose_name_plural": "requests for seats",
                "indexes": [
                    models.Index(fields=["provider", "-asked_at", "-id"], name="seat_request_by_time"),
                    models.Index(fields=["organization", "-asked_at"], name="seat_request_of_organization"),
                    models.Index(condition=models.Q(("state", "open")), fields=["provider"], name="seat_request_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(models.F("organization"), condition=models.Q(("state", "open")), name="one_open_seat_request"),
                    models.CheckConstraint(condition=models.Q(("seats__range", (1, 9999))), name="seat_request_in_bounds"),
                    models.CheckConstraint(condition=models.Q(models.Q(("decided_at", None), ("state", "open")), models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)), _connector="OR"), name="seat_request_says_since_when"),
                    models.CheckConstraint(condition=models.Q(models.Q(("granted_seats__gte", 1), ("granted_seats__lte", models.F("seats")), ("state", "granted")), models.Q(models.Q(("state", "granted"), _negated=True), ("granted_seats", None)), _connector="OR"), name="seat_request_grants_no_more"),
                    models.CheckConstraint(condition=models.Q(("answer", ""), ("state", "declined"), _negated=True), name="seat_request_declined_with_a_reason"),
                ],
            },
        ),
        sql_beside(__file__),
    ]
