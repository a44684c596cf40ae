"""Alerts below the Usage tab: what is watched and who is told; adding, changing, muting, testing and removing one."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.doors import ProviderRequest, provider_door
from accounts.models import Administrator
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import number
from usage.actions import alerts as actions
from usage.actions.telling_alerts import send_test
from usage.alert_words import watched_by
from usage.forms.alerts import AlertForm, AlertTermsForm, MutingForm, terms_of
from usage.models import AlertKind, AlertRule, WebhookDelivery, WebhookEndpoint
from usage.models.alert import AlertRuleQuerySet
from usage.models.webhook import WebhookDeliveryQuerySet
from usage.queries.alerts import who_may_read
from usage.views.lists import MOST_CHOICES
from usage.webhook_data import ALERTS

LIST: Final = "alerts/alerts.html"
FORM: Final = "alerts/form.html"
CONFIRM: Final = "alerts/confirm.html"
OF_WHAT: Final = {
    "all": Choice(gettext_lazy("For all organizations"), lambda rows: rows.filter(organization=None)),
    "one": Choice(gettext_lazy("For one organization"), lambda rows: rows.filter(organization__isnull=False)),
}


@provider_door("GET", permission=Permission.SEE_USAGE)
def alerts(request: ProviderRequest) -> HttpResponse:
    """`/account/usage/alerts/`; with `?organization=` those that hold for one."""
    table = TableQuery.from_request(
        request.GET,
        columns={"kind": ("kind", "percent"), "organization": ("organization__folded_name", "kind"), "fired": "last_fired_at"},
        default="kind",
        filters={"of": OF_WHAT, "organization": _holding_at(request)},
    )
    found = table.page(rules_of(request).select_related("organization").with_last_fired())
    names = _names(found.rows)
    shown = {
        "table": table,
        "page": found,
        "is_limited": request.administrator.is_limited,
        "at_organization": table.chosen.get("organization", ""),
        "rows": [(rule, watched_by(rule), rule.is_muted(request.at), told_to(rule, names)) for rule in found.rows],
        **shared(request),
    }
    return page(request, LIST, shown, fragment="alerts-list")


@provider_door("GET", permission=Permission.EDIT_CAPS)
def new(request: ProviderRequest) -> HttpResponse:
    """With `?organization=` and `?kind=` chosen already."""
    return _new(request, _form(request))


@provider_door("POST", permission=Permission.EDIT_CAPS)
def add(request: ProviderRequest) -> HttpResponse:
    form = _form(request, request.POST)
    if carry_out(form, actions.add_alert, provider=request.provider, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("alerts"), _("The alert was added. It watches from now on."))
    return _new(request, form, status=422)


@provider_door("GET", permission=Permission.SEE_USAGE)
def alert(request: ProviderRequest, rule_id: str) -> HttpResponse:
    rule = _rule(request, rule_id)
    return _alert(request, rule, _terms(rule))


@provider_door("POST", permission=Permission.EDIT_CAPS)
def save(request: ProviderRequest, rule_id: str) -> HttpResponse:
    rule = _rule(request, rule_id)
    form = _terms(rule, request.POST)
    if carry_out(form, actions.change_alert, rule=rule, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("alerts"), _("The alert was changed."))
    return _alert(request, _rule(request, rule_id), form, status=422)


@provider_door("POST", permission=Permission.EDIT_CAPS)
def test(request: ProviderRequest, rule_id: str) -> HttpResponse:
    rule = _rule(request, rule_id)
    form = forms.Form(request.POST)
    if not carry_out(form, send_test, rule=rule, by=request.administrator, at=request.at):
        return _alert(request, rule, _terms(rule), refused=form, status=422)
    words = ngettext("The test is on its way: %(sent)s message.", "The test is on its way: %(sent)s messages.", form.result)  # type: ignore[attr-defined]
    return redirect_to(request, reverse("alert", args=[rule.pk]), words % {"sent": number(form.result)})  # type: ignore[attr-defined]


@provider_door("GET", permission=Permission.EDIT_CAPS)
def muting(request: ProviderRequest, rule_id: str) -> HttpResponse:
    return _muting(request, _rule(request, rule_id), _mute_form(request))


@provider_door("POST", permission=Permission.EDIT_CAPS)
def mute(request: ProviderRequest, rule_id: str) -> HttpResponse:
    rule, form = _rule(request, rule_id), _mute_form(request, request.POST)
    if carry_out(form, actions.mute_alert, rule=rule, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("alerts"), _("The alert is muted."))
    return _muting(request, rule, form, status=422)


@provider_door("POST", permission=Permission.EDIT_CAPS)
def unmute(request: ProviderRequest, rule_id: str) -> HttpResponse:
    return _done(request, actions.unmute_alert, rule_id, _("The alert tells again, from now on."))


@provider_door("GET", permission=Permission.EDIT_CAPS)
def removal(request: ProviderRequest, rule_id: str) -> HttpResponse:
    rule = _rule(request, rule_id)
    shown = {
        "rule": rule,
        "title": _("Remove this alert?"),
        "text": _(
            "Nobody is told of it any more. What it told until now stays in the log. To be left in peace for a while, mute it."
        ),
        "action": reverse("alert-removal", args=[rule.pk]),
        "submit": _("Remove"),
        **shared(request, watched_by(rule)),
    }
    return page(request, CONFIRM, shown, fragment="alert-confirm")


@provider_door("POST", permission=Permission.EDIT_CAPS)
def remove(request: ProviderRequest, rule_id: str) -> HttpResponse:
    return _done(request, actions.remove_alert, rule_id, _("The alert was removed."))


def rules_of(request: ProviderRequest) -> AlertRuleQuerySet:
    """The alerts that this administrator may see: of the organizations he reaches, and of licences only with the permission."""
    mine: AlertRuleQuerySet = request.mine(AlertRule.objects.all())  # type: ignore[assignment]  # that it stays
    return mine.visible(licenses=request.administrator.may(Permission.SEE_LICENSES))


def shared(request: ProviderRequest, *trail: str) -> dict[str, Any]:
    """What every page about alerts shows: the way back, and what this reader may do."""
    here = {"label": _("Alerts"), "url": reverse("alerts")} if trail else {"label": _("Alerts")}
    way = [{"label": _("Usage"), "url": reverse("usage")}, here]
    return {
        "zone": request.provider.time_zone,
        "edits": request.administrator.may(Permission.EDIT_CAPS),
        "sees_readers": request.administrator.may(Permission.SEE_ADMINISTRATORS),
        "trail": [*way, *({"label": label} for label in trail)],
    }


def deliveries_about(request: ProviderRequest, pk: str) -> WebhookDeliveryQuerySet:
    """What was sent to webhooks of a crossing, or as a test of an alert; none for who may not see webhooks."""
    place = request.administrator
    if place.is_limited or not place.may(Permission.MANAGE_WEBHOOKS):
        return WebhookDelivery.objects.none()
    return WebhookDelivery.objects.telling_of(place.provider_id, pk)


def told_to(rule: AlertRule, names: dict[str, str]) -> list[str]:
    """Whom the alert names, in words."""
    found = [_("All administrators with billing")] if rule.to_billing and rule.by_email else []
    if rule.by_email:
        found += [names[pk] for pk in rule.administrators if pk in names] + rule.emails
    return found + ([_("webhook")] if rule.by_webhook else [])


def _holding_at(request: ProviderRequest) -> dict[str, Choice]:
    """The filter of the organization that the address names, if it is one within reach."""
    found = request.organizations().filter(pk=request.GET.get("organization", "")).first()
    return {found.pk: Choice(found.name, lambda rows: rows.holding_at(found.pk))} if found else {}


def _names(rules: Iterable[AlertRule]) -> dict[str, str]:
    chosen = {pk for rule in rules for pk in rule.administrators}
    return {person.pk: person.name for person in Administrator.objects.filter(pk__in=chosen)} if chosen else {}


def _rule(request: ProviderRequest, rule_id: str) -> AlertRule:
    return get_object_or_404(rules_of(request).select_related("organization", "provider"), pk=rule_id)


def _form(request: ProviderRequest, typed: Any = None) -> AlertForm:
    place = request.administrator
    organizations = request.organizations().open().by_name()  # type: ignore[attr-defined]
    asked = request.GET.get("organization", "")
    usual = {"organization": asked, "kind": request.GET.get("kind", AlertKind.CAP_SHARE), "to_billing": True}
    if typed is None and organizations[MOST_CHOICES : MOST_CHOICES + 1].exists():
        organizations = organizations.filter(pk=asked)
    return AlertForm(
        typed,
        readers=who_may_read(place.provider_id, AlertKind.CAP_SHARE),
        organizations=organizations,
        licenses=place.may(Permission.SEE_LICENSES),
        initial={**usual, "by_email": True, "by_webhook": True},
    )


def _terms(rule: AlertRule, typed: Any = None) -> AlertTermsForm:
    return AlertTermsForm(typed, readers=who_may_read(rule.provider_id, rule.kind), kind=rule.kind, initial=terms_of(rule))


def _new(request: ProviderRequest, form: AlertForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "goes_nowhere": not _is_heard(request, *ALERTS.values()), **shared(request, _("New alert"))}
    return page(request, FORM, shown, fragment="alert-form", status=status)


def _alert(
    request: ProviderRequest, rule: AlertRule, form: AlertTermsForm, refused: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    shown = {
        "rule": rule,
        "watched": watched_by(rule),
        "form": form,
        "has_percent": rule.percent is not None,
        "refused": refused,
        "is_muted": rule.is_muted(request.at),
        "told_to": told_to(rule, _names([rule])),
        "tests": rule.mails.filter(purpose="test").order_by("-made_at", "-pk")[:5],
        "test_deliveries": deliveries_about(request, rule.pk).reverse()[:5],
        "goes_nowhere": rule.by_webhook and not _is_heard(request, ALERTS[AlertKind(rule.kind)]),
        **shared(request, watched_by(rule)),
    }
    return page(request, "alerts/alert.html", shown, fragment="alert", status=status)


def _is_heard(request: ProviderRequest, *types: str) -> bool:
    """Whether an active endpoint listens to one of them."""
    return WebhookEndpoint.objects.filter(provider=request.provider).listening_to(types).exists()


def _mute_form(request: ProviderRequest, typed: Any = None) -> MutingForm:
    return MutingForm(typed, zone=request.provider.time_zone, at=request.at)


def _muting(request: ProviderRequest, rule: AlertRule, form: MutingForm, status: int = 200) -> HttpResponse:
    shown = {"rule": rule, "watched": watched_by(rule), "form": form, **shared(request, watched_by(rule))}
    return page(request, "alerts/muting.html", shown, fragment="alert-muting", status=status)


def _done(request: ProviderRequest, act: Callable[..., Any], rule_id: str, said: str) -> HttpResponse:
    """What cannot be refused, and where it leads."""
    act(rule=_rule(request, rule_id), by=request.administrator, at=request.at)
    return redirect_to(request, reverse("alerts"), said)
