from django.apps import AppConfig


class LibConfig(AppConfig):
    """The tools' own tables: the outbox and the demo's mailbox."""

    name = "msp_portal.lib"
    label = "portal"
