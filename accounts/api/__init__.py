"""JSON doors: who. `routers` are what msp_portal/api.py serves."""

from accounts.api import administrators, cases, links, providers, roles, users

routers = [providers.router, administrators.router, links.router, roles.router, users.router, cases.router]
