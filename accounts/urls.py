"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from accounts.doors import by_method
from accounts.views import activity, administrators, case, cases, exports, help_page, key, named_keys, overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", overview.account, name="account"),
    path("account/details/", overview.account_details, name="account-details"),
    path("account/key/", key.api_key, name="api-key"),
    path("account/key/former/end/", key.former_key_end, name="former-key-end"),
    path("account/keys/", named_keys.api_keys, name="api-keys"),
    path("account/keys/new/", named_keys.api_key_new, name="api-key-new"),
    path("account/keys/<id:key_id>/renewal/", named_keys.renewal, name="api-key-renewal"),
    path("account/keys/<id:key_id>/revocation/", named_keys.revocation, name="api-key-revocation"),
    path("administrators/", administrators.administrators, name="administrators"),
    path("administrators/new/", administrators.administrator_new, name="administrator-new"),
    path("administrators/<id:administrator_id>/", administrators.administrator, name="administrator"),
    path("administrators/<id:administrator_id>/suspension/", administrators.suspension, name="administrator-suspension"),
    path("administrators/<id:administrator_id>/restoration/", administrators.restoration, name="administrator-restoration"),
    path("administrators/<id:administrator_id>/invitation/", administrators.another_invitation, name="administrator-invitation"),
    path("administrators/<id:administrator_id>/removal/", administrators.removal, name="administrator-removal"),
    path("activity/", activity.activity, name="activity"),
    path("activity/csv/", activity.activity_csv, name="activity-csv"),
    path("exports/", by_method(GET=exports.exports, POST=exports.ask), name="exports"),
    path("exports/<id:export_id>/", exports.export, name="export"),
    path("exports/<id:export_id>/file/", exports.export_file, name="export-file"),
    path("exports/<id:export_id>/deletion/", exports.delete, name="export-deletion"),
    path("help/", help_page.help_page, name="help"),
    path("help/cases/", by_method(GET=cases.cases, POST=cases.submit), name="cases"),
    path("help/cases/csv/", cases.cases_csv, name="cases-csv"),
    path("help/cases/new/", cases.new, name="case-new"),
    path("help/cases/<id:case_id>/", case.case, name="case"),
    path("help/cases/<id:case_id>/messages/", case.reply, name="case-messages"),
    path("help/cases/<id:case_id>/closure/", case.close, name="case-closure"),
    path("help/cases/<id:case_id>/reopening/", case.reopen, name="case-reopening"),
]
