"""How often someone tried to sign in. Counted in Postgres before the password is checked (`accounts/throttle.py`)."""

from django.db import models


class SignInAttempts(models.Model):
    """Tries of one account or address within the running window; `subject` is a keyed hash, so the table names nobody."""

    subject = models.CharField(max_length=64, primary_key=True)
    window_started_at = models.DateTimeField()
    tries = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.subject[:8]
