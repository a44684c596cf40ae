"""JSON doors: who. `routers` are what msp_portal/api.py serves."""

from accounts.api import cases, providers, users

routers = [providers.router, users.router, cases.router]
