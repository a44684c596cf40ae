"""JSON doors: who. `routers` are what msp_portal/api.py serves."""

from accounts.api import cases, users

routers = [users.router, cases.router]
