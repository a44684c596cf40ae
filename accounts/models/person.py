"""People who sign in. What they may do is not here: a person has places (`Administrator`), or is one of the vendor's operators."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from msp_portal.lib.ids import NewPublicId, PublicIdField


class PersonManager(BaseUserManager["Person"]):
    """Finds persons by e-mail address in any case."""

    def with_email(self, email: str) -> "Person | None":
        """The person with this address in any case, or None; one look-up in the unique index either way."""
        return self.alias(lowered=Lower("email")).filter(lowered=email.strip().lower()).first()

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.alias(lowered=Lower("email")).get(lowered=(username or "").lower())


class Person(AbstractBaseUser):
    """Someone who signs in, by e-mail and password and perhaps a second factor. Read before any tenant is known."""

    id = PublicIdField(primary_key=True, db_default=NewPublicId(), editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    joined_at = models.DateTimeField(db_default=Now(), editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)

    USERNAME_FIELD = EMAIL_FIELD = "email"

    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_an_email")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.first_name or self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a timestamp says more than Django's boolean column
        return self.suspended_at is None

    @cached_property
    def is_staff(self) -> bool:
        """Whether the operators' console lets this person in; asked there only, as the public web process may not read the table."""
        return Operator.objects.filter(person=self).exists()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Operator(models.Model):
    """A person on the vendor's staff. A table of its own, so that the public web process can make nobody one."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="operator")
    since = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return str(self.person)
