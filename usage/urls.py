"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from accounts.doors import by_method
from usage.views import (
    asking_for_seats,
    cap_files,
    caps,
    days,
    devices,
    external_ids,
    history,
    imports,
    ledger,
    many_caps,
    organization,
    organization_devices,
    organization_users,
    organizations,
    seat_requests,
    usage,
    users,
    why,
)

USERS = "organizations/<id:organization_id>/users/"
DEVICES = "organizations/<id:organization_id>/devices/"
IMPORTS = "organizations/<id:organization_id>/imports/"
MARK = "organizations/<id:organization_id>/marks/<month:month>/"
REQUESTS = "organizations/<id:organization_id>/requests/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/usage/", usage.usage, name="usage"),
    path("account/usage/csv/", usage.usage_csv, name="usage-csv"),
    path("account/usage/history/", history.history, name="licence-history"),
    path("account/usage/history/csv/", history.history_csv, name="licence-history-csv"),
    path("account/usage/caps/", by_method(GET=many_caps.to_the_usage_page, POST=many_caps.preview), name="caps"),
    path("account/usage/caps/confirmed/", many_caps.change, name="caps-change"),
    path("account/usage/caps/csv/", cap_files.caps_csv, name="caps-csv"),
    path("account/usage/caps/file/", by_method(GET=cap_files.choose, POST=cap_files.read), name="caps-file"),
    path("organizations/", by_method(GET=organizations.organizations, POST=organizations.create), name="organizations"),
    path("organizations/csv/", organizations.organizations_csv, name="organizations-csv"),
    path("organizations/new/", organizations.new, name="organization-new"),
    path("organizations/external-ids/", by_method(GET=external_ids.external_ids, POST=external_ids.save), name="external-ids"),
    path("organizations/requests/", seat_requests.seat_requests, name="seat-requests"),
    path("organizations/<id:organization_id>/", organization.organization, name="organization"),
    path(
        "organizations/<id:organization_id>/details/",
        by_method(GET=organization.details, POST=organization.save_details),
        name="organization-details",
    ),
    path(
        "organizations/<id:organization_id>/closing/",
        by_method(GET=organization.closing, POST=organization.close),
        name="organization-closing",
    ),
    path("organizations/<id:organization_id>/cap/", by_method(GET=caps.cap, POST=caps.save_cap), name="cap"),
    path(f"{REQUESTS}new/", by_method(GET=asking_for_seats.new, POST=asking_for_seats.ask), name="seat-request-new"),
    path(f"{REQUESTS}<id:request_id>/", seat_requests.seat_request, name="seat-request"),
    path(f"{REQUESTS}<id:request_id>/grant/", seat_requests.grant, name="seat-request-grant"),
    path(f"{REQUESTS}<id:request_id>/decline/", seat_requests.decline, name="seat-request-decline"),
    path(f"{REQUESTS}<id:request_id>/withdrawal/", asking_for_seats.withdraw, name="seat-request-withdrawal"),
    path("organizations/<id:organization_id>/days/<month:month>/csv/", days.days_csv, name="days-csv"),
    path("organizations/<id:organization_id>/ledger/", ledger.ledger, name="ledger"),
    path("organizations/<id:organization_id>/ledger/csv/", ledger.ledger_csv, name="ledger-csv"),
    path(MARK, why.mark, name="mark"),
    path(f"{MARK}csv/", why.mark_csv, name="mark-csv"),
    path(f"{MARK}changes/", why.changes, name="mark-changes"),
    path(f"{MARK}changes/csv/", why.changes_csv, name="mark-changes-csv"),
    path("users/", users.users, name="users"),
    path("users/csv/", users.users_csv, name="users-csv"),
    path(USERS, by_method(GET=users.organization_users, POST=organization_users.add), name="organization-users"),
    path(f"{USERS}csv/", users.organization_users_csv, name="organization-users-csv"),
    path(f"{USERS}new/", organization_users.new, name="organization-user-new"),
    path(f"{USERS}import/", by_method(GET=imports.new, POST=imports.start), {"kind": "user"}, name="user-imports"),
    path(f"{USERS}import/template/", imports.template, {"kind": "user"}, name="user-import-template"),
    path(
        f"{USERS}<id:user_id>/",
        by_method(GET=organization_users.edit, POST=organization_users.save),
        name="organization-user",
    ),
    path(f"{USERS}<id:user_id>/suspension/", organization_users.suspend, name="organization-user-suspension"),
    path(f"{USERS}<id:user_id>/reactivation/", organization_users.reactivate, name="organization-user-reactivation"),
    path(
        f"{USERS}<id:user_id>/removal/",
        by_method(GET=organization_users.removal, POST=organization_users.remove),
        name="organization-user-removal",
    ),
    path(f"{IMPORTS}<id:import_id>/", imports.show, name="import"),
    path(f"{IMPORTS}<id:import_id>/confirmation/", imports.confirm, name="import-confirmation"),
    path(f"{IMPORTS}<id:import_id>/cancellation/", imports.cancel, name="import-cancellation"),
    path(f"{IMPORTS}<id:import_id>/faults/csv/", imports.faults_csv, name="import-faults-csv"),
    path("devices/", devices.devices, name="devices"),
    path("devices/csv/", devices.devices_csv, name="devices-csv"),
    path(DEVICES, by_method(GET=devices.organization_devices, POST=organization_devices.add), name="organization-devices"),
    path(f"{DEVICES}csv/", devices.organization_devices_csv, name="organization-devices-csv"),
    path(f"{DEVICES}import/", by_method(GET=imports.new, POST=imports.start), {"kind": "device"}, name="device-imports"),
    path(f"{DEVICES}import/template/", imports.template, {"kind": "device"}, name="device-import-template"),
    path(f"{DEVICES}new/", organization_devices.new, name="organization-device-new"),
    path(
        f"{DEVICES}<id:device_id>/",
        by_method(GET=organization_devices.edit, POST=organization_devices.save),
        name="organization-device",
    ),
    path(
        f"{DEVICES}<id:device_id>/removal/",
        by_method(GET=organization_devices.removal, POST=organization_devices.remove),
        name="organization-device-removal",
    ),
]
