"""JSON doors: how many. `routers` are what msp_portal/api.py serves."""

from usage.api import organizations, systems, systemuser, systemusers

routers = [organizations.router.router, systemusers.router, systemuser.router, systems.router]
