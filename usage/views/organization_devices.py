"""What changes the devices of one organization, for its own administrators and for the MSP's."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page
from usage.actions.devices import add_device, edit_device, remove_device
from usage.forms.devices import DeviceForm
from usage.models import Device
from usage.views.devices import LIST, PAGE, list_of
from usage.views.lists import beside_the_rows, stands_on


@organization_door("GET", permission=Permission.EDIT_USERS)
def new(request: OrganizationRequest) -> HttpResponse:
    return _form(request, DeviceForm())


@organization_door("POST", permission=Permission.EDIT_USERS)
def add(request: OrganizationRequest) -> HttpResponse:
    form = DeviceForm(request.POST)
    if not carry_out(form, add_device, organization=request.organization, by=request.administrator, at=request.at):
        return _form(request, form, status=422)
    return _list(request, _("%(name)s was added.") % {"name": form.result.name})


@organization_door("GET", permission=Permission.EDIT_USERS)
def edit(request: OrganizationRequest, device_id: str) -> HttpResponse:
    device = _device(request, device_id)
    return _form(request, DeviceForm(instance=device), device)


@organization_door("POST", permission=Permission.EDIT_USERS)
def save(request: OrganizationRequest, device_id: str) -> HttpResponse:
    device = _device(request, device_id)
    form = DeviceForm(request.POST)
    if carry_out(form, edit_device, device=device, by=request.administrator, at=request.at):
        return _row(request, device, _("%(name)s was saved.") % {"name": device.name})
    return _form(request, form, device, status=422)


@organization_door("GET", permission=Permission.EDIT_USERS)
def removal(request: OrganizationRequest, device_id: str) -> HttpResponse:
    shown = {"device": _device(request, device_id), "organization": request.organization}
    return page(request, "devices/removal.html", shown, fragment="removal-form")


@organization_door("POST", permission=Permission.EDIT_USERS)
def remove(request: OrganizationRequest, device_id: str) -> HttpResponse:
    device = _device(request, device_id)
    remove_device(device=device, by=request.administrator, at=request.at)
    return _list(request, _("%(name)s was removed.") % {"name": device.name})


def _device(request: OrganizationRequest, device_id: str) -> Device:
    """The device, to be changed with its row locked; 404 for any other organization's."""
    rows = Device.objects.lock() if request.method == "POST" else Device.objects.all()
    mine = request.mine(rows.select_related("organization")).filter(organization=request.organization)
    return get_object_or_404(mine, pk=device_id)


def _form(request: OrganizationRequest, form: DeviceForm, device: Device | None = None, status: int = 200) -> HttpResponse:
    shown = {"form": form, "device": device, **beside_the_rows(request, request.organization)}
    return page(request, "devices/form.html", shown, fragment="device-form", status=status)


def _row(request: OrganizationRequest, device: Device, toast: str) -> HttpResponse:
    organization = None if stands_on(request, "devices") else request.organization
    shown: dict[str, Any] = {**beside_the_rows(request, organization), "row": device}
    return page(
        request,
        PAGE,
        shown,
        fragment="device-row",
        target=f"device-row-{device.pk}",
        toast=toast,
        close_dialog=True,
        then=_list_url(request),
    )


def _list(request: OrganizationRequest, toast: str) -> HttpResponse:
    """The list as the reader had it, and the count, which changed."""
    over_all = stands_on(request, "devices")
    shown = list_of(request, None if over_all else request.organization)
    also = () if over_all else ("devices-line",)
    return page(request, PAGE, shown, fragment=LIST, also=also, toast=toast, close_dialog=True, then=_list_url(request))


def _list_url(request: OrganizationRequest) -> str:
    return reverse("organization-devices", args=[request.organization.pk])
