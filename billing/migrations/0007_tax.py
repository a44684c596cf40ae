from typing import Any

import django.core.validators
from django.db import migrations, models
from django.utils import translation
from django_countries import countries

from msp_portal.lib.ids import NewPublicId, PublicIdField
from msp_portal.lib.sql import sql_beside

OTHER_NAMES = {
    "united states": "US", "usa": "US", "u.s.a.": "US", "united kingdom": "GB", "uk": "GB", "great britain": "GB", "england": "GB",
    "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH", "the netherlands": "NL", "czech republic": "CZ", "south korea": "KR",
}  # fmt: skip
LONGEST_REGION = 80


def name_countries_by_code(apps: Any, editor: Any) -> None:
    """Texts that name a country become its code. Others move to the region, so that no address loses a line; the form asks for the country next time."""
    with translation.override("en"):
        codes = {str(name).casefold(): code for code, name in countries}
    for row in apps.get_model("billing", "BillingInformation").objects.exclude(country=""):
        text = row.country.strip()
        code = text if text in countries else OTHER_NAMES.get(text.casefold(), codes.get(text.casefold(), ""))
        if not code:
            row.region = f"{row.region} {text}".strip()[:LONGEST_REGION]
        row.country = code
        row.save(update_fields=["country", "region"])


class Migration(migrations.Migration):
    """Countries by code, and the rates of taxes."""

    dependencies = [("billing", "0006_monthly_run")]
    operations = [
        migrations.RunPython(name_countries_by_code, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="billinginformation",
            name="country",
            field=models.CharField(blank=True, max_length=2, verbose_name="country"),
        ),
        migrations.AddConstraint(
            model_name="billinginformation",
            constraint=models.CheckConstraint(
                condition=models.Q(("country__regex", "^([A-Z]{2})?$")), name="billing_country_is_a_code"
            ),
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                ("id", PublicIdField(db_default=NewPublicId(), editable=False, max_length=24, primary_key=True, serialize=False)),
                (
                    "country",
                    models.CharField(
                        help_text="Of the customer: its code of two letters, such as DE.", max_length=2, verbose_name="country"
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="As customers write it; empty for the whole country.",
                        max_length=80,
                        verbose_name="region",
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="As it stands on invoices, such as VAT.", max_length=80, verbose_name="name"),
                ),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=3,
                        help_text="0 ends a tax.",
                        max_digits=6,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="rate in percent",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                (
                    "owed_by_customer",
                    models.BooleanField(
                        default=False,
                        help_text="Customers abroad with a valid tax number owe it themselves.",
                        verbose_name="reverse charge",
                    ),
                ),
            ],
            options={
                "verbose_name": "tax rate",
                "verbose_name_plural": "tax rates",
                "ordering": ["country", "region", "name", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("country"), models.F("region"), models.F("name"), models.F("valid_from"), name="one_tax_rate_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="tax_rate_names_a_country"
                    ),
                    models.CheckConstraint(condition=models.Q(("percent__range", (0, 100))), name="tax_rate_is_a_share"),
                ],
            },
        ),
        sql_beside(__file__),
    ]
