"""JSON doors: how many. `routers` are what msp_portal/api.py serves."""

from usage.api import (
    alerts,
    events,
    organizations,
    organizations_v1,
    seat_requests,
    systems,
    systemuser,
    systemusers,
    totals,
    usage_of_organizations,
    webhooks,
    why,
)

routers = [
    organizations.router,
    organizations_v1.router,
    systemusers.router,
    systemuser.router,
    systems.router,
    totals.router,
    usage_of_organizations.router,
    why.router,
    events.router,
    seat_requests.router,
    alerts.router,
    webhooks.router,
]
