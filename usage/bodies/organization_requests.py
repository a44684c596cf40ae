"""What clients of v1 write of an organization. Settings that the portal does not keep are ignored."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from accounts.bounds import LONGEST_CONTACT_NAME
from msp_portal.lib.wire.texts import LONGEST_EMAIL, STORABLE, email_address
from usage.wire_caps import WantedCap
from usage.wire_changes import NAMES
from usage.wire_names import OrganizationName


def _address_or_none(text: str) -> str:
    return email_address(text) if text else text


ContactName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_CONTACT_NAME), STORABLE]
ContactEmail = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL), STORABLE, AfterValidator(_address_or_none)
]


class OrganizationSettings(BaseModel):
    """What is to change; what is left out stays, and so do names that are null. `maxSystemUsers` is 0 or null for no cap."""

    name: OrganizationName | None = None
    contact_name: Annotated[ContactName | None, Field(alias="contactName", examples=["Ada Fox"])] = None
    contact_email: Annotated[ContactEmail | None, Field(alias="contactEmail", examples=["ada.fox@harbor.example"])] = None
    max_system_users: Annotated[WantedCap, Field(alias="maxSystemUsers")] = None


class SettingsChange(BaseModel):
    """Settings to change."""

    settings: OrganizationSettings | None = None

    @property
    def said(self) -> dict[str, Any]:
        """The fields to change, as `change_as_allowed` takes them."""
        settings = self.settings or OrganizationSettings()
        names = {field: getattr(settings, field) for field in NAMES if getattr(settings, field) is not None}
        has_cap = "max_system_users" in settings.model_fields_set
        return names | ({"user_cap": settings.max_system_users} if has_cap else {})
