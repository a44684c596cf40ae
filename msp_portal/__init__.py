"""Wiring: settings, addresses, processes. The tools that know no app of ours are in `lib`."""

from msp_portal.celery import app as celery_app

__all__ = ["celery_app"]
