"""One file a subject; import from here."""

from billing.models.charge import LIVE, Charge, ChargeEvent, ChargeState, Refund
from billing.models.contract import Contract, ContractDocument
from billing.models.document import Document
from billing.models.information import BillingInformation
from billing.models.invoice import Invoice, InvoiceDocument, InvoiceLine, InvoiceSeries, InvoiceStatus, InvoiceTax
from billing.models.ledger import Posting
from billing.models.method import BillingAccount, MethodSetup, PaymentMethod
from billing.models.notice import Notice
from billing.models.package import Package
from billing.models.payment import Payment
from billing.models.run import BilledMonth
from billing.models.tax import TaxRate
from billing.models.webhook import WebhookEvent

__all__ = [
    "LIVE",
    "BilledMonth",
    "BillingAccount",
    "BillingInformation",
    "Charge",
    "ChargeEvent",
    "ChargeState",
    "Contract",
    "ContractDocument",
    "Document",
    "Invoice",
    "InvoiceDocument",
    "InvoiceLine",
    "InvoiceSeries",
    "InvoiceStatus",
    "InvoiceTax",
    "MethodSetup",
    "Notice",
    "Package",
    "Payment",
    "PaymentMethod",
    "Posting",
    "Refund",
    "TaxRate",
    "WebhookEvent",
]
