"""Where the payment provider tells what happened. Stored and answered at once, applied by the worker."""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, transaction
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.doors import PublicRequest, public
from billing import psp
from billing.actions.webhooks import WORK_INBOX, receive
from msp_portal.lib import nudge

log = structlog.get_logger(__name__)


@csrf_exempt
@public("POST")
def payments(request: PublicRequest) -> HttpResponse:
    """204 for what one of our secrets signed within five minutes; 400 for anything else. What it means is not judged here."""
    try:
        event = psp.read_webhook(raw=request.body, signature=request.headers.get("Stripe-Signature", ""), at=request.at)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except psp.PaymentProviderError as refusal:
        log.warning("billing.webhook_refused", why=refusal.code)
        return HttpResponse(status=400)
    try:
        with transaction.atomic():
            receive(event, at=request.at)
    except (DataError, UnicodeEncodeError) as fault:  # half a character, a NUL, a number without end: no table holds it
        log.error("billing.webhook_refused", alarm=True, why=type(fault).__name__)
        return HttpResponse(status=400)
    nudge.worker(WORK_INBOX)
    return HttpResponse(status=204)
