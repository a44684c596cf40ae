"""One file a subject; import from here."""

from billing.models.contract import Contract, ContractDocument
from billing.models.document import Document
from billing.models.information import BillingInformation, PaymentMethod
from billing.models.invoice import Invoice, InvoiceDocument, InvoiceLine, InvoiceSeries, InvoiceStatus
from billing.models.package import Package
from billing.models.payment import Payment

__all__ = [
    "BillingInformation",
    "Contract",
    "ContractDocument",
    "Document",
    "Invoice",
    "InvoiceDocument",
    "InvoiceLine",
    "InvoiceSeries",
    "InvoiceStatus",
    "Package",
    "Payment",
    "PaymentMethod",
]
