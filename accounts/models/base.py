"""What every table of a tenant has: an identifier made by the database and the provider whose row it is."""

from django.db import models

from msp_portal.lib.ids import NewPublicId, PublicIdField


class TenantRow(models.Model):
    """A row of one provider. Its migration puts it behind the wall with `portal_protect`; a walk fails if it doesn't."""

    id = PublicIdField(primary_key=True, db_default=NewPublicId(), editable=False)
    provider = models.ForeignKey("accounts.Provider", models.PROTECT, related_name="%(class)ss", editable=False)

    class Meta:
        abstract = True


class OrganizationRow(TenantRow):
    """A row of one organization. A composite foreign key in SQL (`portal_bind_to_organization`) ties it to an organization of its own provider."""

    provider = models.ForeignKey(
        "accounts.Provider", models.PROTECT, related_name="%(class)ss", editable=False, db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="%(class)ss", db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True
