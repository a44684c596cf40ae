"""What it costs: packages, contracts, invoices, payments, payment methods."""
