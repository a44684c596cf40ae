import django.db.models.deletion
from django.db import migrations, models

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Invitations of users by mail, and what is kept of removed users for a while."""

    dependencies = [("accounts", "0009_second_factors"), ("usage", "0011_seat_requests")]
    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(models.F("organization"), models.F("id"), name="user_of_its_organization"),
        ),
        migrations.CreateModel(
            name="UserInvitation",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("email", models.EmailField(editable=False, max_length=254, verbose_name="e-mail")),
                ("token_digest", models.BinaryField(max_length=32)),
                ("invited_by_name", models.CharField(editable=False, max_length=255, verbose_name="invited by")),
                ("sent_at", models.DateTimeField(editable=False, verbose_name="sent")),
                ("sends", models.PositiveIntegerField(default=0, editable=False, verbose_name="times sent")),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="expires")),
                ("accepted_at", models.DateTimeField(editable=False, null=True, verbose_name="accepted")),
                ("invited_by", models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="user_invitations", to="accounts.administrator")),
                ("organization", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.organization")),
                ("provider", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.provider")),
                ("user", models.OneToOneField(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="invitation", to="usage.user")),
            ],
            options={
                "verbose_name": "invitation of a user",
                "verbose_name_plural": "invitations of users",
                "indexes": [
                    models.Index(fields=["organization", "sent_at"], name="user_invitation_by_time"),
                    models.Index(fields=["invited_by", "sent_at"], name="user_invitation_by_inviter"),
                    models.Index(condition=models.Q(("accepted_at", None), ("user__isnull", False)), fields=["expires_at"], name="user_invitation_to_expire"),
                ],
                "constraints": [models.UniqueConstraint(models.F("token_digest"), name="one_user_invitation_a_token")],
            },
        ),
        migrations.CreateModel(
            name="RemovedUser",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("user_name", models.CharField(editable=False, max_length=100, verbose_name="user name")),
                ("email", models.EmailField(editable=False, max_length=254, verbose_name="e-mail")),
                ("first_name", models.CharField(editable=False, max_length=80, verbose_name="first name")),
                ("last_name", models.CharField(editable=False, max_length=80, verbose_name="last name")),
                ("name", models.CharField(editable=False, max_length=255)),
                ("state", models.CharField(choices=[("staged", "Staged"), ("active", "Active"), ("suspended", "Suspended")], editable=False, max_length=9, verbose_name="state")),
                ("created_at", models.DateTimeField(editable=False)),
                ("suspended_at", models.DateTimeField(editable=False, null=True)),
                ("removed_at", models.DateTimeField(editable=False, verbose_name="removed")),
                ("removed_by", models.CharField(editable=False, max_length=255, verbose_name="removed by")),
                ("organization", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.organization")),
                ("provider", models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.provider")),
            ],
            options={
                "verbose_name": "removed user",
                "verbose_name_plural": "removed users",
                "indexes": [
                    models.Index(fields=["organization", "-removed_at", "id"], name="removed_user_by_time"),
                    models.Index(fields=["removed_at"], name="removed_user_to_forget"),
                ],
            },
        ),
        sql_beside(__file__),
    ]
