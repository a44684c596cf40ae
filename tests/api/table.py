"""Who may what with a key: for every operation of the API the roles that get through, a letter each.

  B  Administrator With Billing     A  Administrator     I  Billing Only     M  Manager     H  Help Desk     R  Read Only

Everyone else is told 403. What is someone else's, or nobody's, is 404 to those who may, and 404 or 403 to the others, the same for both.
"""

from accounts.roles import Role

ROLES = {
    "B": Role.ADMINISTRATOR_WITH_BILLING,
    "A": Role.ADMINISTRATOR,
    "I": Role.BILLING_ONLY,
    "M": Role.MANAGER,
    "H": Role.HELP_DESK,
    "R": Role.READ_ONLY,
}

TABLE = {
    "users_getSelf": "BAIMHR",
    "providers_providerListCase": "BAIMHR",
    "organizations_orgListCases": "BAIMHR",
    "organizations_casesMetadata": "BAIMHR",
    "systemusers_list": "BAMHR",
    "systemusers_post": "BAM",
    "systemusers_get": "BAMHR",
    "systemusers_put": "BAMH",
    "systemusers_delete": "BAM",
    "systemusers_state_activate": "BAMH",
    "search_systemusers_post": "BAMHR",
    "systems_list": "BAMHR",
    "systems_get": "BAMHR",
    "systems_put": "BAM",
    "systems_delete": "BAM",
    "search_systems_post": "BAMHR",
    "organization_list": "BAIMHR",
    "organizations_get": "BAMR",
    "organization_put": "B",
    "search_organizations_post": "BAIMHR",
    "users_list": "BAMR",
    "users_post": "B",
    "users_get": "BAMR",
    "users_put": "B",
    "users_delete": "B",
    "providers_getProvider": "BAIMHR",
    "providers_listAdministrators": "BAMR",
    "providers_postAdmins": "B",
    "providers_removeAdministrator": "B",
    "administratorOrganizations_listByAdministrator": "BAMR",
    "administratorOrganizations_createByAdministrator": "B",
    "administratorOrganizations_removeByAdministrator": "B",
    "administratorOrganizations_listByOrganization": "BAMR",
    "roles_list": "BAMR",
    "providers_listOrganizations": "BAMR",
    "providerOrganizations_createOrg": "B",
    "providerOrganizations_updateOrg": "B",
    "providers_retrieveInvoices": "BI",
    "providers_retrieveInvoice": "BI",
    "providers_listInvoiceLines": "BI",
    "Billing_GetContract": "BI",
    "Billing_GetDetails": "BI",
    "providers_retrieveIntegrations": "BAIMHR",
    "subscriptions_get": "BI",
    "usage_getTotals": "BAIMHR",
    "usage_listLicenceTotals": "BI",
    "usage_listOrganizations": "BAIMHR",
    "usage_getOrganization": "BAIMHR",
    "usage_listMarks": "BAIMHR",
    "usage_explainMark": "BAIMHR",
    "usage_listEvents": "BAIMHR",
    "usage_listSeatRequests": "BAIMHR",
    "usage_grantSeatRequest": "B",
    "usage_declineSeatRequest": "B",
    "usage_listAlerts": "BAIMHR",
    "usage_listAlertCrossings": "BAIMHR",
    "usage_listWebhooks": "BA",
    "usage_createWebhook": "BA",
    "usage_getWebhook": "BA",
    "usage_changeWebhook": "BA",
    "usage_removeWebhook": "BA",
    "usage_rotateWebhookSecret": "BA",
    "usage_testWebhook": "BA",
    "usage_listWebhookDeliveries": "BA",
    "usage_getWebhookDelivery": "BA",
    "usage_replayWebhookDelivery": "BA",
}

# What a POST or PUT carries where the document's example would not do.
BODIES = {
    "providerOrganizations_createOrg": {"name": "Third House"},
    "providerOrganizations_updateOrg": {"name": "Acme Two"},
    "organization_put": {"settings": {"name": "Acme Three"}},
    "systemusers_put": {"suspended": True},  # with a name it would need more
    "usage_changeWebhook": {"active": False},  # what else could change is not everyone's where it listens to events of licences
    "administratorOrganizations_createByAdministrator": lambda ids: {"organization": ids["organization_id"]},
}

# What an address names where the walk's own target would not do: a link is taken from one who is limited to some, and seats are
# granted to the client that has a cap.
TARGETS = {
    "administratorOrganizations_removeByAdministrator": {"administrator_id": lambda msp: msp.limited.pk},
    "usage_grantSeatRequest": {"request_id": lambda msp: request_under_a_cap(msp)},
}


def request_under_a_cap(msp):
    client = msp.clients[1]
    client.cap(20)
    return client.organization.seatrequests.get().pk


# Parts of an address that name nobody's thing: a month is everyone's.
NO_IDS = {"month"}
