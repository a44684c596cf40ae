"""What a person does with long listings: ask the worker for the file, and give it up. `making_exports.py` makes it."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.bounds import EXPORTS_KEPT_MAX, EXPORTS_UNDER_WAY_MAX
from accounts.listings import Listing
from accounts.models import Administrator, Export
from msp_portal.lib import nudge
from msp_portal.lib.csv_export import ascii_name
from msp_portal.lib.rules import RuleBroken

WORK: Final = "accounts.tasks.work_exports"
ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtextextended('accounts_export ' || %s, 0))"


class TooManyUnderWay(RuleBroken):
    """So that one person's files keep nobody else's waiting."""

    message = _("Some of your files are still being made. Please wait for one of them, or delete it.")
    code = "too_many_exports"


class TooManyKept(RuleBroken):
    message = _("You keep as many files as you may. Please delete one of them first.")
    code = "too_many_exports_kept"


@transaction.atomic
def ask_for_export(*, address: str, listing: Listing, by: Administrator, at: datetime) -> Export:
    """Let the worker make the file of `listing`, which stands at `address`, in the language of whoever asks.

    :raises TooManyUnderWay, TooManyKept: as the bounds say.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [by.pk])
    own = Export.objects.of(by)
    if own.under_way().count() >= EXPORTS_UNDER_WAY_MAX:
        raise TooManyUnderWay
    if own.kept(at).count() >= EXPORTS_KEPT_MAX:
        raise TooManyKept
    export = Export.objects.create(
        provider_id=by.provider_id,
        administrator=by,
        address=address,
        language=get_language() or "en",
        file_name=ascii_name(listing.name),
        rows_expected=listing.length(),
        asked_at=at,
    )
    audit.record(by, "export.asked", export, at=at, address=address)
    transaction.on_commit(partial(nudge.worker, WORK), robust=True)
    return export


@transaction.atomic
def delete_export(*, export: Export, by: Administrator, at: datetime) -> None:
    """Remove the file with all its pieces; a worker that makes it stops at its next step."""
    audit.record(by, "export.deleted", export, at=at)
    export.delete()
