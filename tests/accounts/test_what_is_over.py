"""Sessions and counts that ended leave the database."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import tasks
from accounts.models import SignInAttempts
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


def test_the_worker_removes_them_and_keeps_the_rest(client, cast):
    now = timezone.now()
    for subject, age in [("old", 2), ("running", 0)]:
        SignInAttempts.objects.create(subject=subject, window_started_at=now - timedelta(days=age), tries=1)
    sign_in(client, cast.northwind.owner)
    expired = Session.objects.create(session_key="x" * 32, session_data="", expire_date=now - timedelta(hours=1))
    for _ in range(3):
        tasks.forget_what_is_over()
    assert not Session.objects.filter(pk=expired.pk).exists()
    assert Session.objects.filter(pk=client.session.session_key).exists()
    assert SignInAttempts.objects.get().subject == "running"
