"""A hundred charges under each fault of the payment provider: a hundred charges over there, none double, none unknown in the end."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from accounts.models import Provider
from billing.actions.collecting import collect
from billing.models import Charge, Payment
from billing.verification import first_fault
from tests.billing.paying import bills, mean, method_of, now, reconcile_late
from tests.services import databases

WORKERS = 4
WORKER = "import django; django.setup()\nfrom billing.tasks import collect_charges\ncollect_charges()"
TIMEOUT = 0.5


@pytest.fixture
def charges(full):
    return 100 if full else 12


@pytest.fixture
def meant(committed, stand_in, charges):
    """So many charges, meant and not yet sent."""
    provider = Provider.objects.create(name="Northwind MSP")
    card = method_of(provider, stand_in)
    return [mean(invoice, card) for invoice in bills(provider, charges)]


def ends(stand_in):
    """What is charged over there, by our keys; and what we know."""
    made = [charge["metadata"]["portal_charge"] for charge in stand_in.charges()]
    return {
        "over there": len(made),
        "double": len(made) - len(set(made)),
        "not known": Charge.objects.exclude(state="succeeded").count(),
        "payments": Payment.objects.count(),
        "fault": first_fault(),
    }


def all_right(charges):
    return {"over there": charges, "double": 0, "not known": 0, "payments": charges, "fault": None}


class TestAHundredCharges:
    @pytest.mark.parametrize("fault", ["drop_after", "500_after", "500_before", "drop_before", f"delay:{3 * TIMEOUT}"])
    def test_are_made_once_whatever_happens_to_the_answers(self, meant, committed, stand_in, settings, charges, fault):
        settings.PSP_TIMEOUT = TIMEOUT if fault.startswith("delay") else 15.0
        stand_in.fault(fault, "POST /v1/payment_intents", times=charges)
        committed.together([lambda: collect(now)] * WORKERS)
        assert Charge.objects.filter(state="unknown").count() == charges, "the fault must have been met"
        settings.PSP_TIMEOUT = 15.0
        committed.together([reconcile_late] * WORKERS)
        assert ends(stand_in) == all_right(charges)

    def test_are_made_once_although_their_worker_is_killed_between_call_and_answer(
        self, meant, committed, stand_in, charges, full
    ):
        """A worker a charge; the short run kills three and lets the rest be collected."""
        environment = {**databases.without_portal_settings(), **committed.environment, **stand_in.environment}
        for _ in range(charges if full else 3):
            kill_in_the_call(stand_in, environment | {"PORTAL_LOGIN": "system"})
        collect(now)
        reconcile_late()
        assert ends(stand_in) == all_right(charges)


def kill_in_the_call(stand_in, environment):
    """Let a worker send one charge, whose answer is late, and kill it some moment after it began."""
    unknown = Charge.objects.filter(state="unknown").count()
    stand_in.fault("delay:1", "POST /v1/payment_intents")
    process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=databases.ROOT, start_new_session=True)
    try:
        while Charge.objects.filter(state="unknown").count() == unknown:
            assert process.poll() is None, "the worker ended by itself"
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.2))  # before the call goes out, while it is made, or after
        assert process.poll() is None, "the worker ended by itself"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
