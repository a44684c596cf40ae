"""JSON doors: how many. `routers` are what msp_portal/api.py serves."""

from usage.api import organizations, organizations_v1, systems, systemuser, systemusers

routers = [organizations.router, organizations_v1.router, systemusers.router, systemuser.router, systems.router]
