from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _


class LibConfig(AppConfig):
    """The tools' own tables, the outbox and the demo's mailbox; and `<id:…>` and `<month:…>` in addresses."""

    name = "msp_portal.lib"
    label = "portal"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Once for both sites, as the console links to the portal."""
        from msp_portal.lib.ids import PublicIdConverter
        from msp_portal.lib.periods import MonthConverter

        register_converter(PublicIdConverter, "id")
        register_converter(MonthConverter, "month")
