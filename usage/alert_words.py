"""What an alert watches and what it tells, in words."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msp_portal.lib.templatetags.portal import number
from usage.bounds import NEAR_LICENSES_SHARE, NEAR_LIMIT_SEATS
from usage.models import AlertCrossing, AlertKind, AlertRule

WATCHED: Final[dict[str, str | Promise]] = {
    AlertKind.NEAR_LIMIT: gettext_lazy("1 to %(near)s seats are left under the user cap"),
    AlertKind.LIMIT_REACHED: gettext_lazy("The user cap is reached: nobody can be added"),
    AlertKind.CAP_SHARE: gettext_lazy("The users reach %(percent)s %% of the user cap"),
    AlertKind.LICENSES_NEAR: gettext_lazy("The licences consumed reach %(share)s %% of the commitment"),
    AlertKind.LICENSES_OVER: gettext_lazy("More licences are consumed than committed"),
    AlertKind.LICENSES_SHARE: gettext_lazy("The licences consumed reach %(percent)s %% of the commitment"),
}
TOLD: Final[dict[str, str | Promise]] = {
    AlertKind.NEAR_LIMIT: gettext_lazy("%(name)s is near its user cap: %(count)s of %(limit)s seats are taken"),
    AlertKind.LIMIT_REACHED: gettext_lazy("%(name)s has reached its user cap: %(count)s users, cap %(limit)s"),
    AlertKind.CAP_SHARE: gettext_lazy("%(name)s has reached %(percent)s %% of its user cap: %(count)s users, cap %(limit)s"),
    AlertKind.LICENSES_NEAR: gettext_lazy("Licences are near the commitment: %(count)s of %(limit)s are consumed"),
    AlertKind.LICENSES_OVER: gettext_lazy("Licences are over the commitment: %(count)s are consumed, %(limit)s committed"),
    AlertKind.LICENSES_SHARE: gettext_lazy("Licences reached %(percent)s %% of the commitment: %(count)s of %(limit)s"),
}


def watched_by(rule: AlertRule) -> str:
    """`The users reach 80 % of the user cap`"""
    told = {"near": NEAR_LIMIT_SEATS, "share": int(NEAR_LICENSES_SHARE * 100), "percent": number(rule.percent)}
    return str(WATCHED[rule.kind]) % told


def told_by(crossing: AlertCrossing) -> str:
    """`Acme Dental has reached its user cap: 25 users, cap 25`"""
    return str(TOLD[crossing.kind]) % _figures(crossing)


def meaning_of(crossing: AlertCrossing, overage_price: str = "") -> str:
    """What follows from it. `overage_price` is the price of one user above the commitment, in words; empty where none is known."""
    figures = _figures(crossing) | {"price": overage_price}
    if crossing.is_of_licenses:
        if crossing.count > crossing.limit:
            if overage_price:
                return _("Users above the commitment are billed as overage, %(price)s each for the month.") % figures
            return _("Users above the commitment are billed as overage.")
        return _("%(left)s committed licences are left; users beyond them are billed as overage.") % figures
    if crossing.count >= crossing.limit:
        return _("Nobody can be added there until users are removed or the user cap is raised.")
    return _("Seats left: %(left)s. When they are taken, nobody can be added there until the user cap is raised.") % figures


def _figures(crossing: AlertCrossing) -> dict[str, Any]:
    return {
        "name": crossing.organization.name if crossing.organization else _("An organization (example)"),
        "count": number(crossing.count),
        "limit": number(crossing.limit),
        "left": number(max(0, crossing.limit - crossing.count)),
        "percent": number(crossing.percent),
    }
