"""Tax rates as operators keep them."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from billing.models import TaxRate

pytestmark = pytest.mark.django_db


class TestTheRates:
    def test_are_kept_by_operators(self, as_operator):
        typed = {"country": "DE", "name": "VAT", "percent": "19", "valid_from": "2007-01-01", "owed_by_customer": "on"}
        assert as_operator.post(reverse("admin:billing_taxrate_add"), typed).status_code == 302
        assert str(TaxRate.objects.get()) == "VAT 19 % (DE)"
        assert AuditEvent.objects.get(action="billing.tax_rate.added").actor_name == "Olive Operator"

    @pytest.mark.parametrize(
        ("field", "value"), [("country", "XX"), ("country", ""), ("percent", "101"), ("percent", "-1"), ("name", "")]
    )
    def test_are_refused_where_they_make_no_sense(self, as_operator, field, value):
        typed = {"country": "DE", "name": "VAT", "percent": "19", "valid_from": "2007-01-01", field: value}
        answer = as_operator.post(reverse("admin:billing_taxrate_add"), typed)
        assert field in answer.context["adminform"].form.errors
        assert not TaxRate.objects.exists()
