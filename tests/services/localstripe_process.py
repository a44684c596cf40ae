"""`python -m tests.services.localstripe_process PORT`: localstripe on the loopback address, with a memory that ends with it.

It speaks an API from before `allowed_payment_method_types`, which the library now sends; here that parameter is let through.
"""

import sys

from aiohttp import web
from localstripe import resources, server

make_intent = resources.PaymentIntent.__init__


def make_newer_intent(self, allowed_payment_method_types=None, **given):
    make_intent(self, **given)


if __name__ == "__main__":
    resources.PaymentIntent.__init__ = make_newer_intent
    server.store.dump_to_disk = lambda: None
    web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
