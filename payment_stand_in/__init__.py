"""A stand-in for the payment provider: it speaks the part of Stripe's public API that the portal uses, and moves no money.

A process of its own for the demo and the tests. It imports nothing of the portal, and the portal nothing of it.
"""
