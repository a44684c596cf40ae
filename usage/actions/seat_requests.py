"""Asking for seats, and answering. Each verb locks the organization's seats first, so of two at once one is done and the other is told."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import audit
from accounts.bounds import USER_CAP_MAX
from accounts.models import Administrator, ApiKey, Organization
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.templatetags.portal import number
from usage import seat_request_emails, webhook_data
from usage.actions.caps import set_user_cap
from usage.actions.webhooks import announce_all
from usage.gate import OrganizationClosed
from usage.models import SeatRequest, Seats
from usage.webhook_events import WebhookEvent

State = SeatRequest.State


class NoCapToRaise(RuleBroken):
    """The organization has no user cap, or none any more."""

    message = gettext_lazy("There is no user cap, so there is nothing to raise: users can be added without asking.")
    code = "seat_request_without_cap"


class AlreadyAsked(RuleBroken):
    """A request of the organization is open; one at a time."""

    code = "seat_request_open"

    def __init__(self, open_one: SeatRequest) -> None:
        words = ngettext(
            "%(name)s has asked for %(seats)s more seat already, and nobody has answered yet. Withdraw that request to make another.",
            "%(name)s has asked for %(seats)s more seats already, and nobody has answered yet. Withdraw that request to make another.",
            open_one.seats,
        )
        super().__init__(words % {"name": open_one.asked_by_name, "seats": number(open_one.seats)})


class BeyondTheMost(RuleBroken):
    """The cap would be higher than a cap may be."""

    code = "seat_request_beyond_the_most"
    field = "seats"

    def __init__(self, user_cap: int) -> None:
        words = _("A user cap is at most %(most)s. It is %(cap)s now, so it can be raised by %(room)s at most.")
        told = {"most": number(USER_CAP_MAX), "cap": number(user_cap), "room": number(USER_CAP_MAX - user_cap)}
        super().__init__(words % told)


class UntilIsOver(RuleBroken):
    """The day until which the seats are needed is past."""

    message = gettext_lazy("This day is past. Choose today or a later one, or leave it empty.")
    code = "seat_request_until_is_over"
    field = "until"


class BeyondAsked(RuleBroken):
    """More was to be granted than was asked for."""

    code = "seat_request_beyond_asked"
    field = "seats"

    def __init__(self, asked: int) -> None:
        super().__init__(_("At most the %(asked)s seats asked for can be granted.") % {"asked": number(asked)})


class AlreadyAnswered(RuleBroken):
    """Someone was faster: who, and what he did."""

    code = "seat_request_answered"

    def __init__(self, request: SeatRequest) -> None:
        told = {
            "name": request.decided_by_name,
            "granted": number(request.granted_seats),
            "seats": number(request.seats),
        }
        super().__init__(_what_was_done(request) % told)


class CapChanged(RuleBroken):
    """The cap is no longer the one that the person saw."""

    code = "seat_request_cap_changed"

    def __init__(self, seen: int | None, seats: Seats) -> None:
        words = _(
            "Meanwhile %(name)s changed the user cap from %(seen)s to %(cap)s. Nothing was granted; look at it again and confirm."
        )
        told = {"name": seats.cap_changed_by or "–", "seen": number(seen), "cap": number(seats.user_cap)}
        super().__init__(words % told)


@transaction.atomic
def ask_for_seats(
    *, organization: Organization, seats: int, reason: str, until: date | None, by: Administrator, at: datetime
) -> SeatRequest:
    """Ask the MSP for so many seats more; its contact and those who may set caps are told by mail.

    :raises OrganizationClosed, NoCapToRaise, AlreadyAsked, BeyondTheMost, UntilIsOver: with nothing written.
    """
    user_cap = _cap_to_raise(Seats.objects.lock().get(pk=organization.pk))
    if open_one := SeatRequest.objects.in_state(State.OPEN).filter(organization=organization).first():
        raise AlreadyAsked(open_one)
    if user_cap + seats > USER_CAP_MAX:
        raise BeyondTheMost(user_cap)
    if until and until < at.astimezone(ZoneInfo(organization.provider.time_zone)).date():
        raise UntilIsOver
    request = SeatRequest.objects.create(
        provider_id=organization.provider_id,
        organization=organization,
        seats=seats,
        reason=reason,
        until=until,
        asked_at=at,
        asked_by=by,
        asked_by_name=by.name,
        asked_by_email=by.email,
    )
    audit.record(by, "usage.seat_request.asked", organization, at=at, seats=seats, reason=reason, until=until)
    seat_request_emails.tell_the_msp(request)
    _announce(WebhookEvent.SEAT_REQUEST_OPENED, request, at)
    return request


@transaction.atomic
def grant_seats(
    *, request: SeatRequest, seats: int, seen_cap: int | None, answer: str = "", by: Administrator | ApiKey, at: datetime
) -> SeatRequest:
    """Raise the cap by `seats`, all or a part of what was asked for, and tell the asker. `seen_cap` is the cap that the person decided on.

    :raises AlreadyAnswered, OrganizationClosed, NoCapToRaise, CapChanged, BeyondAsked, BeyondTheMost: with nothing written.
    """
    counters, now = _lock(request)
    user_cap = _cap_to_raise(counters)
    if user_cap != seen_cap:
        raise CapChanged(seen_cap, counters)
    if not 1 <= seats <= now.seats:
        raise BeyondAsked(now.seats)
    if user_cap + seats > USER_CAP_MAX:
        raise BeyondTheMost(user_cap)
    set_user_cap(organization=now.organization, user_cap=user_cap + seats, by=by, at=at)
    now.decide(State.GRANTED, granted_seats=seats, answer=answer, by_name=str(by), at=at)
    audit.record(by, "usage.seat_request.granted", now.organization, at=at, asked=now.seats, seats=seats, answer=answer)
    seat_request_emails.tell_the_asker(now, user_cap=user_cap + seats)
    _announce(WebhookEvent.SEAT_REQUEST_GRANTED, now, at)
    return now


@transaction.atomic
def decline_seats(*, request: SeatRequest, answer: str, by: Administrator | ApiKey, at: datetime) -> SeatRequest:
    """Say no, and why; the asker is told. The cap stays as it is.

    :raises AlreadyAnswered: someone was faster.
    """
    counters, now = _lock(request)
    now.decide(State.DECLINED, answer=answer, by_name=str(by), at=at)
    audit.record(by, "usage.seat_request.declined", now.organization, at=at, asked=now.seats, answer=answer)
    seat_request_emails.tell_the_asker(now, user_cap=counters.user_cap)
    _announce(WebhookEvent.SEAT_REQUEST_DECLINED, now, at)
    return now


@transaction.atomic
def withdraw_request(*, request: SeatRequest, by: Administrator, at: datetime) -> SeatRequest:
    """Take the request back; the MSP is told. Any administrator of the organization may, not only who asked.

    :raises AlreadyAnswered: someone was faster.
    """
    _counters, now = _lock(request)
    now.decide(State.WITHDRAWN, by_name=str(by), at=at)
    audit.record(by, "usage.seat_request.withdrawn", now.organization, at=at, asked=now.seats)
    seat_request_emails.tell_the_msp(now)
    _announce(WebhookEvent.SEAT_REQUEST_WITHDRAWN, now, at)
    return now


def _lock(request: SeatRequest) -> tuple[Seats, SeatRequest]:
    """The organization's counters, locked, and the request as it is then.

    :raises AlreadyAnswered: when it is not open any more.
    """
    counters = Seats.objects.lock().get(pk=request.organization_id)
    now = SeatRequest.objects.select_related("organization").get(pk=request.pk)
    if not now.is_open:
        raise AlreadyAnswered(now)
    return counters, now


def _announce(event: WebhookEvent, request: SeatRequest, at: datetime) -> None:
    announce_all(event, [webhook_data.seat_request(request)], provider_id=request.provider_id, at=at)


def _cap_to_raise(counters: Seats) -> int:
    """:raises OrganizationClosed, NoCapToRaise: where there is none."""
    if counters.closed_at is not None:
        raise OrganizationClosed(organization_id=counters.pk)
    if counters.user_cap is None:
        raise NoCapToRaise
    return counters.user_cap


def _what_was_done(request: SeatRequest) -> str:
    if request.state == State.GRANTED:
        return _("Meanwhile %(name)s granted %(granted)s of the %(seats)s seats. Nothing more was done.")
    if request.state == State.DECLINED:
        return _("Meanwhile %(name)s declined this request. Nothing more was done.")
    return _("Meanwhile %(name)s withdrew this request. Nothing more was done.")
