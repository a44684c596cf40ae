import django.db.models.deletion
from django.db import migrations, models

from accounts.models.support_case import NewCaseNumber
from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside


class Migration(migrations.Migration):
    """Support cases and what is said in them."""

    dependencies = [("accounts", "0005_idempotent_answers")]
    operations = [
        migrations.RunSQL("create sequence accounts_case_numbers start 100001"),
        migrations.CreateModel(
            name="SupportCase",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("number", models.CharField(db_default=NewCaseNumber(), editable=False, max_length=16, verbose_name="number")),
                ("status", models.CharField(choices=[("New", "New"), ("In Progress", "In progress"), ("Answered", "Answered"), ("Solved", "Solved"), ("Closed", "Closed")], default="New", max_length=16, verbose_name="status")),
                ("kind", models.CharField(choices=[("Question", "Question"), ("Problem", "Problem"), ("Change Request", "Change request")], max_length=24, verbose_name="kind")),
                ("product", models.CharField(choices=[("Provider Portal", "Provider Portal"), ("Licenses and Usage", "Licences and usage"), ("Invoices and Payment", "Invoices and payment"), ("API and Integrations", "API and integrations"), ("Cloud Directory", "Cloud directory"), ("Single Sign-On", "Single sign-on"), ("Multi-Factor Authentication", "Multi-factor authentication"), ("Device Management", "Device management"), ("Something Else", "Something else")], max_length=40, verbose_name="product")),
                ("severity", models.CharField(choices=[("Severity 1", "Severity 1"), ("Severity 2", "Severity 2"), ("Severity 3", "Severity 3")], max_length=16, verbose_name="severity")),
                ("operating_system", models.CharField(blank=True, choices=[("Windows", "Windows"), ("macOS", "macOS"), ("Linux", "Linux"), ("iOS", "iOS"), ("Android", "Android")], max_length=16, verbose_name="operating system")),
                ("subject", models.CharField(max_length=120, verbose_name="subject")),
                ("description", models.CharField(max_length=10000, verbose_name="description")),
                ("reporter_name", models.CharField(editable=False, max_length=255, verbose_name="reporter")),
                ("reporter_email", models.EmailField(editable=False, max_length=254, verbose_name="reporter's e-mail")),
                ("submitted_at", models.DateTimeField(editable=False, verbose_name="submitted")),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="last change")),
                ("organization", models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="accounts.organization")),
                ("provider", models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.provider")),
                ("reporter", models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="cases", to="accounts.administrator")),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
            },
        ),
        migrations.CreateModel(
            name="SupportMessage",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="at")),
                ("author", models.CharField(choices=[("administrator", "administrator"), ("operator", "support")], max_length=16, verbose_name="author")),
                ("author_name", models.CharField(max_length=255, verbose_name="author's name")),
                ("text", models.CharField(blank=True, max_length=10000, verbose_name="text")),
                ("status", models.CharField(choices=[("New", "New"), ("In Progress", "In progress"), ("Answered", "Answered"), ("Solved", "Solved"), ("Closed", "Closed")], max_length=16, verbose_name="status")),
                ("case", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="accounts.supportcase")),
                ("provider", models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="accounts.provider")),
            ],
            options={
                "verbose_name": "message of a case",
                "verbose_name_plural": "messages of cases",
            },
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["provider", "-changed_at", "-id"], name="case_by_last_change"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(condition=models.Q(("status__in", ("New", "In Progress"))), fields=["changed_at"], name="case_waiting_for_support"),
        ),
        migrations.AddConstraint(
            model_name="supportcase",
            constraint=models.UniqueConstraint(models.F("number"), name="one_case_a_number"),
        ),
        migrations.AddConstraint(
            model_name="supportcase",
            constraint=models.UniqueConstraint(models.F("provider"), models.F("id"), name="case_of_its_provider"),
        ),
        migrations.AddIndex(
            model_name="supportmessage",
            index=models.Index(fields=["case", "at"], name="message_of_case"),
        ),
        sql_beside(__file__),
    ]
