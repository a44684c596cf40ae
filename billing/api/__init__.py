"""JSON doors: what it costs. `routers` are what msp_portal/api.py serves."""

from billing.api import contract, integrations, invoice_lines, invoices, packages

routers = [invoices.router, invoice_lines.router, contract.router, packages.router, integrations.router]
