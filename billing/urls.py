"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from billing.views import contract, information, invoice, next_invoice, payments, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/payments/", payments.payments, name="payments"),
    path("account/payments/csv/", payments.payments_csv, name="payments-csv"),
    path("account/payments/next/", next_invoice.next_invoice, name="next-invoice"),
    path("account/payments/next/csv/", next_invoice.next_invoice_csv, name="next-invoice-csv"),
    path("account/payments/<id:invoice_id>/", invoice.invoice, name="invoice"),
    path("account/payments/<id:invoice_id>/pdf/", invoice.invoice_pdf, name="invoice-pdf"),
    path("account/payments/<id:invoice_id>/csv/", invoice.invoice_csv, name="invoice-csv"),
    path("account/billing/", information.billing, name="billing"),
    path("account/billing/information/", information.billing_information, name="billing-information"),
    path("account/contract/", contract.contract, name="contract"),
    path("webhooks/payments/", webhooks.payments, name="webhook-payments"),
]
