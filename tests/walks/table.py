"""Who may what: one table for every address of the portal. A walk tries each address as each actor with each method and compares.

The actors, a letter each. At Northwind:
  B  Administrator With Billing     A  Administrator       I  Billing Only      M  Manager      H  Help Desk      R  Read Only
  L  a manager limited to Acme      X  a manager limited to Birch Legal, the other client
  T  Acme's own administrator       O  the administrator of Birch Legal
and besides
  F  Bluefin's Administrator With Billing, so a foreign MSP         S  suspended          N  nobody, not signed in

Addresses of an organization are those of Acme. Each row names those who get through; `absent` those who are told that there is no such
thing (404), as an organization out of reach and one that does not exist must look alike. N is always sent to sign in, everyone else
named nowhere is too junior (403), and a method that a row does not name is refused (405) to all.
"""

from dataclasses import dataclass, replace

ACTORS = "BAIMHRLXTOFSN"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SIGNED_IN = ACTORS.removesuffix("N")
MSP = "BAIMHRLXF"


@dataclass(frozen=True)
class Row:
    """What one address answers: for each method who gets through, and who is told 404; what it must show to those of Northwind."""

    through: dict[str, str]
    absent: dict[str, str]
    shows: str = ""
    is_public: bool = False
    needs_a_key: bool = False


def row(GET=None, POST=None, absent="", absent_post=None, shows=""):  # noqa: N803 - the methods are written as HTTP writes them
    through = {method: actors for method, actors in {"GET": GET, "HEAD": GET, "POST": POST}.items() if actors is not None}
    return Row(through, {"GET": absent, "HEAD": absent, "POST": absent if absent_post is None else absent_post}, shows)


def public(*methods, absent=""):
    """For everyone, signed in or not; some of these pages send on to the sign-in."""
    open_to = dict.fromkeys(methods, "" if absent else ACTORS)
    return replace(row(**open_to, absent=absent), is_public=True)


def with_a_key(*methods):
    """An address of the JSON API: no session opens it, whoever's (401)."""
    taken = (*methods, "HEAD") if "GET" in methods else methods
    return Row(dict.fromkeys(taken, ""), absent={}, needs_a_key=True)


TABLE = {
    # Without a tenant
    "livez": public("GET"),
    "readyz": public("GET"),
    "webhook-payments": public("POST"),  # 400 without a signature
    "sign-in": public("GET", "POST"),
    "account_login": public("GET", "POST"),
    "mfa_authenticate": public("GET", "POST"),
    "password-reset": public("GET", "POST"),
    "account_reset_password_from_key": public("GET"),
    "new-password": public("GET", "POST"),
    "sign-out": public("POST"),
    "theme": public("POST"),
    "invitation": public("GET", "POST"),  # 410: it is over, or never was
    # One's own security, whatever the place
    "home": row(GET=SIGNED_IN),
    "places": row(GET=SIGNED_IN.replace("S", ""), POST="", absent_post=SIGNED_IN),
    "security": row(GET=SIGNED_IN, POST=SIGNED_IN),
    "account_reauthenticate": row(GET=SIGNED_IN, POST=SIGNED_IN),
    "second-factor": row(GET=SIGNED_IN, POST=SIGNED_IN),
    "second-factor-removal": row(GET=SIGNED_IN, POST=SIGNED_IN),
    "recovery-codes": row(GET=SIGNED_IN, POST=SIGNED_IN),
    # Account Management
    "account": row(GET=MSP),
    "account-details": row(GET="BAF", POST="BAF"),
    "api-key": row(GET="BF", POST="BF"),
    "former-key-end": row(POST="BF"),
    "api-keys": row(GET="BF", shows="northwind msp sync"),
    "api-key-new": row(GET="BF", POST="BF"),
    "api-key-renewal": row(GET="B", POST="B", absent="F", shows="northwind msp sync"),
    "api-key-revocation": row(GET="B", POST="B", absent="F", shows="northwind msp sync"),
    "payments": row(GET="BIF"),
    "payments-csv": row(GET="BIF"),
    "next-invoice": row(GET="BIF"),
    "next-invoice-csv": row(GET="BIF"),
    "psa": row(GET="BIF"),
    "psa-csv": row(GET="BIF"),
    "invoice": row(GET="BI", absent="F", shows="acme"),
    "invoice-csv": row(GET="BI", absent="F", shows="acme"),
    "invoice-pdf": row(GET="BI", absent="F"),
    "pay": row(GET="BIF", POST="BIF"),
    "payment-progress": row(GET="BI", absent="F"),
    "autopay": row(GET="BIF", POST="BIF"),
    "billing": row(GET="BIF"),
    "billing-information": row(GET="BIF", POST="BIF"),
    "method-new": row(GET="BIF", POST="BIF"),
    "method-adding": row(GET="B", POST="B", absent="IF"),  # of the one who started it
    "method-going": row(GET="B", absent="IF"),
    "method-back": row(GET="B", absent="IF"),
    "method-cancelled": row(GET="B", absent="IF"),
    "method-default": row(POST="BI", absent="F"),
    "method-place": row(POST="BI", absent="F"),
    "method-replacement": row(GET="BI", POST="BI", absent="F"),
    "method-removal": row(GET="BI", POST="BI", absent="F"),
    "contract": row(GET="BI", absent="F"),
    "usage": row(GET=MSP, shows="acme"),
    "usage-csv": row(GET=MSP, shows="acme"),
    "licence-history": row(GET="BIF"),
    "licence-history-csv": row(GET="BIF"),
    "caps": row(GET="BF", POST="BF"),
    "caps-change": row(POST="BF"),
    "caps-csv": row(GET="BF", shows="acme"),
    "caps-file": row(GET="BF", POST="BF"),
    # Webhooks of Northwind; of the whole provider, so not for L and X whatever their role
    "webhooks": row(GET="BAF", shows="hooks.northwind.example"),
    "webhook-new": row(GET="BAF", POST="BAF"),
    "webhook": row(GET="BA", absent="F", shows="hooks.northwind.example"),
    "webhook-settings": row(GET="BA", POST="BA", absent="F", shows="hooks.northwind.example"),
    "webhook-pause": row(POST="BA", absent="F"),
    "webhook-resumption": row(POST="BA", absent="F"),
    "webhook-secret": row(GET="BA", POST="BA", absent="F"),
    "webhook-removal": row(GET="BA", POST="BA", absent="F", shows="hooks.northwind.example"),
    "webhook-test": row(POST="BA", absent="F"),
    "webhook-delivery": row(GET="BA", absent="F", shows="northwind msp test"),
    "webhook-replay": row(POST="BA", absent="F"),
    # Alerts; the one named is Acme's, as is what it told
    "alerts": row(GET=MSP, shows="acme"),
    "alert-new": row(GET="BF", POST="BF"),
    "alert": row(GET="BAIMHRL", POST="B", absent="XF", absent_post="F", shows="acme"),
    "alert-muting": row(GET="B", POST="B", absent="F", shows="acme"),
    "alert-unmuting": row(POST="B", absent="F"),
    "alert-removal": row(GET="B", POST="B", absent="F"),
    "alert-test": row(POST="B", absent="F"),
    "alert-log": row(GET=MSP, shows="acme"),
    "alert-log-csv": row(GET=MSP, shows="acme"),
    "alert-crossing": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "alert-replay": row(POST="B", absent="F"),
    # Organizations
    "organizations": row(GET="BAMRLXF", POST="BF", shows="acme"),
    "organizations-csv": row(GET="BAMRLXF", shows="acme"),
    "external-ids": row(GET="BF", POST="BF", shows="acme"),
    "organization-new": row(GET="BF"),
    "organization": row(GET="BAMRL", absent="XF", shows="acme"),
    "organization-details": row(GET="B", POST="B", absent="F"),
    "organization-closing": row(GET="B", POST="B", absent="F"),
    "cap": row(GET="BAIMHRL", POST="B", absent="XF", absent_post="F", shows="acme"),
    # Requests for seats; the one named is Acme's
    "seat-requests": row(GET=MSP, shows="acme"),
    "seat-request-new": row(GET="BT", POST="BT", absent="OF"),
    "seat-request": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "seat-request-grant": row(POST="B", absent="F"),
    "seat-request-decline": row(POST="B", absent="F"),
    "seat-request-withdrawal": row(POST="BT", absent="OF"),
    "days-csv": row(GET="BAIMHRL", absent="XF"),
    "ledger": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "ledger-csv": row(GET="BAIMHRL", absent="XF"),
    # Why a mark is what it is: the present month's, which the cast's users made
    "mark": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "mark-csv": row(GET="BAIMHRL", absent="XF"),
    "mark-changes": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "mark-changes-csv": row(GET="BAIMHRL", absent="XF"),
    # Administrators; those named are Northwind's Read Only
    "administrators": row(GET="BAMRLXF", shows="northwind.example"),
    "administrator-new": row(GET="BF", POST="BF"),
    "administrator": row(GET="B", POST="B", absent="F", shows="read only"),
    "administrator-suspension": row(GET="B", POST="B", absent="F"),
    "administrator-restoration": row(GET="B", POST="B", absent="F"),
    "administrator-invitation": row(GET="B", POST="B", absent="F"),
    "administrator-removal": row(GET="B", POST="B", absent="F"),
    "activity": row(GET="BARF"),
    "activity-csv": row(GET="BARF"),
    # Files of long lists; the one named is the owner's
    "exports": row(GET=SIGNED_IN.replace("S", ""), POST=SIGNED_IN.replace("S", "")),
    "export": row(GET="B", absent="AIMHRLXTOF", shows="users.csv"),
    "export-file": row(GET="B", absent="AIMHRLXTOF", shows="acme.user"),
    "export-deletion": row(POST="B", absent="AIMHRLXTOF"),
    # Help, and the cases; the one named is about Acme
    "help": row(GET=MSP),
    "cases": row(GET=MSP, POST="BAIMHLXF", shows="acme"),
    "cases-csv": row(GET=MSP, shows="acme"),
    "case-new": row(GET="BAIMHLXF", shows="acme"),
    "case": row(GET="BAIMHRL", absent="XF", shows="acme"),
    "case-messages": row(POST="BAIMHL", absent="XF"),
    "case-closure": row(POST="BAIMHL", absent="XF"),
    "case-reopening": row(POST="BAIMHL", absent="XF"),
    # Users and devices, over all organizations and of one
    "users": row(GET="BAMHRLXF", absent="TO", shows="acme.user"),
    "users-csv": row(GET="BAMHRLXF", absent="TO", shows="acme.user"),
    "organization-users": row(GET="BAMHRLT", POST="BAMLT", absent="XOF", shows="acme.user"),
    "organization-users-csv": row(GET="BAMHRLT", absent="XOF", shows="acme.user"),
    "organization-user-new": row(GET="BAMLT", absent="XOF"),
    "organization-user": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.user"),
    "organization-user-suspension": row(POST="BAMHLT", absent="XOF"),
    "organization-user-reactivation": row(POST="BAMHLT", absent="XOF"),
    "organization-user-removal": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.user"),
    "organization-user-move": row(GET="BAML", POST="BAML", absent="XTOF", shows="acme.user"),
    "user-invitation-new": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme"),
    "user-invitation": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.user"),
    "user-invitation-cancellation": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.user"),
    "user-invitation-accept": public("GET", "POST"),  # 410: it is over, or never was
    "removed-users": row(GET="BAMLT", absent="XOF", shows="acme.gone"),
    "removed-user-restoration": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.gone"),
    "removed-user-erasure": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme.gone"),
    "user-imports": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme"),
    "user-import-template": row(GET="BAMLT", absent="XOF"),
    "import": row(GET="BAMLT", absent="XOF", shows="acme.csv"),
    "import-confirmation": row(POST="BAMLT", absent="XOF"),
    "import-cancellation": row(POST="BAMLT", absent="XOF"),
    "import-faults-csv": row(GET="BAMLT", absent="XOF"),
    "devices": row(GET="BAMHRLXF", absent="TO", shows="acme-pc"),
    "devices-csv": row(GET="BAMHRLXF", absent="TO", shows="acme-pc"),
    "organization-devices": row(GET="BAMHRLT", POST="BAMLT", absent="XOF", shows="acme-pc"),
    "organization-devices-csv": row(GET="BAMHRLT", absent="XOF", shows="acme-pc"),
    "device-imports": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme"),
    "device-import-template": row(GET="BAMLT", absent="XOF"),
    "organization-device-new": row(GET="BAMLT", absent="XOF"),
    "organization-device": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme-pc"),
    "organization-device-removal": row(GET="BAMLT", POST="BAMLT", absent="XOF", shows="acme-pc"),
    # The JSON API
    "api-openapi": public("GET"),
    "api-docs": public("GET"),
    "api/users/getSelf": with_a_key("GET"),
    "api/v2/providers/{provider_id}/cases": with_a_key("GET"),
    "api/v2/organizations/cases": with_a_key("GET"),
    "api/v2/cases/metadata": with_a_key("GET"),
    "api/users": with_a_key("GET", "POST"),
    "api/users/{administrator_id}": with_a_key("GET", "PUT", "DELETE"),
    "api/systemusers": with_a_key("GET", "POST"),
    "api/systemusers/{user_id}": with_a_key("GET", "PUT", "DELETE"),
    "api/systemusers/{user_id}/state/activate": with_a_key("POST"),
    "api/systems": with_a_key("GET"),
    "api/systems/{device_id}": with_a_key("GET", "PUT", "DELETE"),
    "api/organizations": with_a_key("GET"),
    "api/organizations/{organization_id}": with_a_key("GET", "PUT"),
    "api/search/organizations": with_a_key("POST"),
    "api/search/systemusers": with_a_key("POST"),
    "api/search/systems": with_a_key("POST"),
    "api/v2/providers/{provider_id}": with_a_key("GET"),
    "api/v2/providers/{provider_id}/organizations": with_a_key("GET", "POST"),
    "api/v2/providers/{provider_id}/organizations/{id}": with_a_key("PUT"),
    "api/v2/providers/{provider_id}/administrators": with_a_key("GET", "POST"),
    "api/v2/providers/{provider_id}/administrators/{administrator_id}": with_a_key("DELETE"),
    "api/v2/administrators/{administrator_id}/organizationlinks": with_a_key("GET", "POST"),
    "api/v2/administrators/{administrator_id}/organizationlinks/{organization_id}": with_a_key("DELETE"),
    "api/v2/organizations/{organization_id}/administratorlinks": with_a_key("GET"),
    "api/v2/roles": with_a_key("GET"),
    "api/v2/providers/{provider_id}/invoices": with_a_key("GET"),
    "api/v2/providers/{provider_id}/invoices/{ID}": with_a_key("GET"),
    "api/v2/providers/{provider_id}/invoices/{ID}/lines": with_a_key("GET"),
    "api/v2/providers/{provider_id}/billing/contract": with_a_key("GET"),
    "api/v2/providers/{provider_id}/billing/details": with_a_key("GET"),
    "api/v2/providers/{provider_id}/integrations": with_a_key("GET"),
    "api/v2/subscriptions": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/events": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/licence-totals": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/alerts": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/alert-crossings": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/webhooks": with_a_key("GET", "POST"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}": with_a_key("GET", "PUT", "DELETE"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}/secret": with_a_key("POST"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}/test": with_a_key("POST"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}/deliveries": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}/deliveries/{delivery_id}": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/webhooks/{webhook_id}/deliveries/{delivery_id}/replay": with_a_key("POST"),
    "api/v2/providers/{provider_id}/usage/seat-requests": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/seat-requests/{request_id}/grant": with_a_key("POST"),
    "api/v2/providers/{provider_id}/usage/seat-requests/{request_id}/decline": with_a_key("POST"),
    "api/v2/providers/{provider_id}/usage/organizations": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/organizations/{organization_id}": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/organizations/{organization_id}/marks": with_a_key("GET"),
    "api/v2/providers/{provider_id}/usage/organizations/{organization_id}/marks/{month}": with_a_key("GET"),
}
