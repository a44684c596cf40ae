from django.db import migrations, models

from msp_portal.lib.sql import sql_beside

CELLS = """
    update usage_stagedrow set cells = jsonb_build_object('user_name', user_name, 'email', email, 'first_name', first_name,
                                                          'last_name', last_name, 'state', state)
"""


class Migration(migrations.Migration):
    """Files of devices go the way of files of users, in the same tables under a name for both (docs/decisions/0027)."""

    dependencies = [("usage", "0014_alerts")]

    operations = [
        migrations.RenameModel("UserImport", "StagedImport"),
        migrations.RenameModel("UserImportFile", "StagedFile"),
        migrations.RenameModel("UserImportRow", "StagedRow"),
        migrations.RemoveConstraint("StagedRow", "one_row_a_line_of_an_import"),
        migrations.RenameField("StagedFile", "user_import", "staged_import"),
        migrations.RenameField("StagedRow", "user_import", "staged_import"),
        migrations.AddConstraint("StagedRow", models.UniqueConstraint("staged_import", "line", name="one_row_a_line_of_an_import")),
        migrations.AlterModelOptions("StagedImport", {"verbose_name": "import", "verbose_name_plural": "imports"}),
        migrations.AddField(
            "StagedImport",
            "kind",
            models.CharField(choices=[("user", "Users"), ("device", "Devices")], default="user", editable=False, max_length=6),
            preserve_default=False,
        ),
        migrations.RemoveConstraint("StagedImport", "one_import_at_a_time"),
        migrations.AddConstraint(
            "StagedImport",
            models.UniqueConstraint(
                fields=["organization", "kind"],
                condition=models.Q(state__in=["waiting", "checking", "ready", "confirmed", "importing"]),
                name="one_import_at_a_time",
            ),
        ),
        migrations.AddField("StagedRow", "cells", models.JSONField(default=dict), preserve_default=False),
        migrations.AddField("StagedRow", "warnings", models.JSONField(default=list)),
        migrations.RunSQL(CELLS, migrations.RunSQL.noop),
        *(migrations.RemoveField("StagedRow", name) for name in ("user_name", "email", "first_name", "last_name", "state")),
        sql_beside(__file__),
    ]
