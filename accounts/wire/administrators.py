"""The MSP's own administrators on the wire, for both versions of the API."""

import re
from typing import Annotated, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from ninja import Schema
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.models import Administrator, Organization
from accounts.queries.administrators import Described, described
from accounts.roles import Permission, Role
from accounts.wire.roles import ROLE_IDS, ROLES_BY_ID, ROLES_BY_NAME, role_asked_for
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId, storable

RoleId = Annotated[str, Field(json_schema_extra={"enum": list(ROLES_BY_ID)}, examples=[ROLE_IDS[Role.HELP_DESK]])]
RoleName = Annotated[str, Field(json_schema_extra={"enum": list(ROLES_BY_NAME)}, examples=[Role.HELP_DESK.value])]


class AdministratorBody(TypedDict):
    """One of the MSP's own administrators. The id comes under both names that clients read.

    `registered`: the invitation was accepted. `enableMultiFactor`: the person signs in with a second factor. `apiKeyAllowed`: the person may generate
    the provider's keys; as keys belong to the provider and to nobody in person, `apiKeySet` is always false. `organizationAccessTotal`: how many
    open organizations he reaches.
    """

    id: PublicId
    _id: PublicId
    email: Annotated[str, Field(examples=["nora@harbor.example"])]
    firstname: Annotated[str, Field(examples=["Nora"])]
    lastname: Annotated[str, Field(examples=["New"])]
    enableMultiFactor: bool
    registered: bool
    suspended: bool
    apiKeyAllowed: bool
    apiKeySet: bool
    role: RoleId
    roleName: RoleName
    roles: list[RoleId]
    roleNames: list[RoleName]
    organizationAccessTotal: int


class AdministratorList(TypedDict):
    """A page of administrators and how many match."""

    results: list[AdministratorBody]
    totalCount: int


def _one_line(text: str) -> str:
    """As it may stand in a mail's subject: no control characters, and none that turn the direction of what follows."""
    if UNSEEN.search(text):
        raise PydanticCustomError("one_line", "contains a control character")
    return " ".join(text.split())


def _valid_email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as fault:
        raise PydanticCustomError("email", "is no e-mail address") from fault
    return text


UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Name = Annotated[str, Field(max_length=80), AfterValidator(storable), AfterValidator(_one_line)]
Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}, examples=["nora@harbor.example"]),
    AfterValidator(_one_line),
    AfterValidator(_valid_email),
]


class AdministratorRequest(Schema):
    """Whom to invite. `role` or `roleName` says as what; with neither it is Read Only, which may least. Other fields are ignored.

    `bindNoOrgs`: reaches no organization until it is linked to some; else all, and those made later. `apiKeyAllowed`: may generate the provider's keys
    as an Administrator, too. `enableMultiFactor` changes nothing: a second factor is set up by the person.
    """

    model_config = ConfigDict(alias_generator=to_camel)

    email: Email
    firstname: Annotated[Name | None, Field(examples=["Nora"])] = None
    lastname: Annotated[Name | None, Field(examples=["New"])] = None
    role: RoleId | None = None
    role_name: RoleName | None = None
    bind_no_orgs: StrictBool | None = None
    api_key_allowed: StrictBool | None = None
    enable_multi_factor: StrictBool | None = None

    def wanted(self) -> dict[str, Any]:
        """What the action wants to know.

        :raises WireError: 400 for a role that is none.
        """
        return {
            "email": self.email,
            "first_name": self.firstname or "",
            "last_name": self.lastname or "",
            "role": role_asked_for(self.role, self.role_name),
            "limited": bool(self.bind_no_orgs),
            "api_access": bool(self.api_key_allowed),
        }


class AdministratorChange(BaseModel):
    """What is to change of an administrator. A whole body that was read can be written back: what says nothing new, and what it cannot change, is passed over."""

    model_config = ConfigDict(alias_generator=to_camel)

    role: RoleId | None = None
    role_name: RoleName | None = None
    api_key_allowed: StrictBool | None = None
    suspended: StrictBool | None = None

    def wanted(self, present: Administrator) -> dict[str, Any]:
        """Role, API access and suspension as they are to be; as at `present` what is not said.

        :raises WireError: 400 for a role that is none, or two.
        """
        says_role = self.role is not None or self.role_name is not None
        may_now, is_out = present.api_access_at is not None, present.suspended_at is not None
        says_nothing_new = self.api_key_allowed in {
            None,
            present.may(Permission.MANAGE_KEY),
        }  # as it was read: some may by their role
        return {
            "role": role_asked_for(self.role, self.role_name) if says_role else present.role,
            "api_access": may_now if says_nothing_new else bool(self.api_key_allowed),
            "suspended": is_out if self.suspended is None else self.suspended,
        }


COLUMNS: Final = {
    "id": Column("pk"),
    "_id": Column("pk"),
    "email": Column("email"),
    "firstname": Column("first_name"),
    "lastname": Column("last_name"),
    "role": Column("role", words=ROLES_BY_ID),
    "roleName": Column("role"),
    "registered": Column("registered", "flag"),
    "suspended": Column("suspended", "flag"),
    "enableMultiFactor": Column("has_second_factor", "flag"),
}


def administrator_body(administrator: Described) -> AdministratorBody:
    """One administrator on the wire."""
    role = Role(administrator.role)
    return {
        "id": administrator.pk,
        "_id": administrator.pk,
        "email": administrator.email,
        "firstname": administrator.first_name,
        "lastname": administrator.last_name,
        "enableMultiFactor": administrator.has_second_factor,
        "registered": administrator.registered,
        "suspended": administrator.suspended,
        "apiKeyAllowed": administrator.may(Permission.MANAGE_KEY),
        "apiKeySet": False,
        "role": ROLE_IDS[role],
        "roleName": role.value,
        "roles": [ROLE_IDS[role]],
        "roleNames": [role.value],
        "organizationAccessTotal": administrator.number_of_organizations,
    }


ADMINISTRATORS: Final = Listing[Described](columns=COLUMNS, body=administrator_body)


def administrators(request: ApiRequest, *, reaching: Organization | None = None) -> QuerySet[Described]:
    """The MSP's own, not those of its clients; with `reaching` those who reach that organization."""
    rows = Administrator.objects.of_the_msp()
    if reaching is not None:
        rows = rows.reaching(reaching)
    return described(request.mine(rows), request.provider.pk)
