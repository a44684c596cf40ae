"""The operators' pages of billing; Django finds them here. What is issued or signed is never changed; it is added to."""

from billing.admin import catalogue, contracts, information, invoices, payments

__all__ = ["catalogue", "contracts", "information", "invoices", "payments"]
