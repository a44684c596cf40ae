"""Which mails about payments were written, so that each is written once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow


class Notice(TenantRow):
    """That the recipients of an invoice were told of something: `about` names it, such as `past_due <invoice>`. Rows are only added."""

    about = models.CharField(_("about"), max_length=80, editable=False)
    at = models.DateTimeField(_("at"), editable=False)

    class Meta:
        verbose_name = _("notice about a payment")
        verbose_name_plural = _("notices about payments")
        constraints = [models.UniqueConstraint("provider", "about", name="one_notice_of_a_thing")]

    def __str__(self) -> str:
        return self.about
