"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from billing.views import (
    autopay,
    contract,
    information,
    invoice,
    method_setups,
    methods,
    next_invoice,
    pay,
    payments,
    psa,
    webhooks,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/payments/", payments.payments, name="payments"),
    path("account/payments/csv/", payments.payments_csv, name="payments-csv"),
    path("account/payments/next/", next_invoice.next_invoice, name="next-invoice"),
    path("account/payments/next/csv/", next_invoice.next_invoice_csv, name="next-invoice-csv"),
    path("account/usage/psa/", psa.psa, name="psa"),
    path("account/usage/psa/csv/", psa.psa_csv, name="psa-csv"),
    path("account/payments/pay/", pay.pay, name="pay"),
    path("account/payments/pay/<str:charge_ids>/", pay.progress, name="payment-progress"),
    path("account/payments/<id:invoice_id>/", invoice.invoice, name="invoice"),
    path("account/payments/<id:invoice_id>/pdf/", invoice.invoice_pdf, name="invoice-pdf"),
    path("account/payments/<id:invoice_id>/csv/", invoice.invoice_csv, name="invoice-csv"),
    path("account/billing/", information.billing, name="billing"),
    path("account/billing/autopay/", autopay.autopay, name="autopay"),
    path("account/billing/information/", information.billing_information, name="billing-information"),
    path("account/billing/methods/new/<str:kind>/", method_setups.method_new, name="method-new"),
    path("account/billing/methods/adding/<id:setup_id>/", method_setups.method_adding, name="method-adding"),
    path("account/billing/methods/adding/<id:setup_id>/go/", method_setups.method_going, name="method-going"),
    path("account/billing/methods/adding/<id:setup_id>/back/", method_setups.method_back, name="method-back"),
    path("account/billing/methods/adding/<id:setup_id>/cancelled/", method_setups.method_cancelled, name="method-cancelled"),
    path("account/billing/methods/<id:method_id>/default/", methods.method_default, name="method-default"),
    path("account/billing/methods/<id:method_id>/place/", methods.method_place, name="method-place"),
    path("account/billing/methods/<id:method_id>/replacement/", method_setups.method_replacement, name="method-replacement"),
    path("account/billing/methods/<id:method_id>/removal/", methods.method_removal, name="method-removal"),
    path("account/contract/", contract.contract, name="contract"),
    path("webhooks/payments/", webhooks.payments, name="webhook-payments"),
]
