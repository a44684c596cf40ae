"""The worker and beat. Both log in to the database as the system."""

import os

from celery import Celery
from celery.signals import worker_ready
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msp_portal.settings")
os.environ.setdefault("PORTAL_LOGIN", "system")

app = Celery("msp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["msp_portal.lib", "accounts", "usage", "billing"])
app.steps["worker"].add(DjangoStructLogInitStep)


@worker_ready.connect
def catch_up(**_: object) -> None:
    """At start, fill the hourly slots that passed while no worker ran."""
    app.send_task("usage.tasks.recompute_licence_totals")
