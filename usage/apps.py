from django.apps import AppConfig


class UsageConfig(AppConfig):
    """How many: users, devices, seats, caps, marks, licence totals."""

    name = "usage"
