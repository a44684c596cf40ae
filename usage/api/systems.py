"""`/api/systems`, `/api/search/systems`: the devices of one organization."""

from dataclasses import replace
from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.api_endpoint import endpoint
from accounts.api_organization import ApiOrganizationRequest
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.lists import Listing, names_in, picked
from msp_portal.lib.wire.searches import Search
from msp_portal.lib.wire.texts import PublicId
from usage.actions.devices import edit_device, remove_device
from usage.bodies.systems import SYSTEMS, SystemBody, SystemChange, SystemList, system_body
from usage.models import Device
from usage.models.device import DeviceQuerySet

router = Router(tags=["Devices"])

ONE: Final = "/systems/{device_id}"


@endpoint(
    router,
    "GET",
    "/systems",
    scope=Permission.SEE_USERS,
    name="systems_list",
    answer=SystemList,
    parameters=parameters.v1_list(),
    at_organization=True,
)
def list_systems(request: ApiOrganizationRequest) -> HttpResponse:
    """The devices of the organization."""
    return _listing(request).answer(request, _devices(request))


@endpoint(
    router,
    "POST",
    "/search/systems",
    scope=Permission.SEE_USERS,
    name="search_systems_post",
    answer=SystemList,
    parameters=parameters.v1_list(),
    at_organization=True,
)
def search_systems(request: ApiOrganizationRequest, payload: Search | None = None) -> HttpResponse:
    """The devices of the organization that match. It is a list asked for in a body, and changes nothing."""
    return (payload or Search()).answer(request, _listing(request), _devices(request))


@endpoint(
    router,
    "GET",
    ONE,
    scope=Permission.SEE_USERS,
    name="systems_get",
    answer=SystemBody,
    parameters=[parameters.FIELDS],
    at_organization=True,
)
def get_system(request: ApiOrganizationRequest, device_id: PublicId) -> HttpResponse:
    """One device of the organization."""
    device = get_object_or_404(_devices(request), pk=device_id)
    return JsonResponse(picked(system_body(device), names_in(request.GET, "fields")))


@endpoint(router, "PUT", ONE, scope=Permission.EDIT_USERS, name="systems_put", answer=SystemBody, at_organization=True)
def change_system(request: ApiOrganizationRequest, device_id: PublicId, payload: SystemChange) -> HttpResponse:
    """Rename a device."""
    device = _locked(request, device_id)
    edited = edit_device(
        device=device,
        name=payload.display_name or device.name,
        operating_system=device.operating_system,
        serial_number=device.serial_number,
        by=request.key,
        at=request.at,
    )
    return JsonResponse(system_body(edited))


@endpoint(router, "DELETE", ONE, scope=Permission.EDIT_USERS, name="systems_delete", answer=SystemBody, at_organization=True)
def remove_system(request: ApiOrganizationRequest, device_id: PublicId) -> HttpResponse:
    """Remove a device. The answer is the device as it was."""
    device = _locked(request, device_id)
    was = system_body(device)
    remove_device(device=device, by=request.key, at=request.at)
    return JsonResponse(was)


def _devices(request: ApiOrganizationRequest) -> QuerySet[Device]:
    return request.mine(Device.objects.filter(organization=request.organization))


def _locked(request: ApiOrganizationRequest, device_id: str) -> Device:
    """The device with its row locked, so that what was read is what is changed."""
    return get_object_or_404(request.mine(Device.objects.lock().filter(organization=request.organization)), pk=device_id)


def _listing(request: ApiOrganizationRequest) -> Listing[Device]:
    return replace(SYSTEMS, search=partial(DeviceQuerySet.matching, provider_id=request.provider.pk))
