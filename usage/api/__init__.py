"""JSON doors: how many. `routers` are what msp_portal/api.py serves."""

from usage.api import organizations

routers = [organizations.router]
