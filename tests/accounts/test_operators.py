"""How the vendor's staff get into their console."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Operator, Person

pytestmark = pytest.mark.django_db

PASSWORD = "nine quiet herons at dawn"


@pytest.fixture
def create(monkeypatch):
    """The command with a password piped in."""

    def run(email, password=PASSWORD, **names):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        call_command("create_operator", email, **names, stdout=io.StringIO())

    return run


class TestCreatingAnOperator:
    def test_lets_someone_new_in_with_the_password(self, create):
        create("Nora@Vendor.example", first_name="Nora", last_name="Whitfield")
        nora = Person.objects.with_email("nora@vendor.example")
        assert nora.is_staff
        assert nora.check_password(PASSWORD)
        assert nora.name == "Nora Whitfield"
        assert AuditEvent.objects.get(action="operator.appointed").target_id == nora.pk

    def test_leaves_the_password_of_someone_who_has_a_sign_in(self, create, cast):
        owner = cast.northwind.owner.person
        create(owner.email)
        assert Operator.objects.filter(person=owner).exists()
        assert Person.objects.get(pk=owner.pk).password == owner.password

    def test_refuses_one_who_is_it_already(self, create):
        create("nora@vendor.example")
        with pytest.raises(CommandError, match="operator already"):
            create("nora@vendor.example")
        assert Operator.objects.count() == 1

    def test_refuses_a_weak_password(self, create):
        with pytest.raises(CommandError, match="too short"):
            create("nora@vendor.example", password="short")
        assert not Person.objects.filter(email="nora@vendor.example").exists()

    def test_refuses_what_is_no_address(self, create):
        with pytest.raises(CommandError, match="valid email"):
            create("nora")
