"""Every task three times, with the same end: a worker may be killed after the work and before it says so, and two beats do no harm."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from msp_portal.celery import app
from msp_portal.lib import outbox
from tests.cast import client
from tests.walks.state import changes, state
from usage.actions.user_invitations import invite_user
from usage.models import CapChange

PACKAGES = ("msp_portal", "accounts", "usage", "billing")


def tasks():
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if name.startswith(PACKAGES))


@pytest.fixture
def stage(the_stage):
    """The cast with a mail to send, an invitation that expired, an organization whose month has turned, and a cap that began and ended while
    nobody looked.
    """
    stage = the_stage
    who = {"user_name": "late", "email": "late@x.example", "by": stage.northwind.owner}
    invite_user(organization=stage.acme.organization, **who, at=timezone.now() - timedelta(days=20))
    CapChange.objects.create(
        provider_id=stage.northwind.pk,
        organization=stage.acme.organization,
        user_cap=50,
        begins_at=timezone.now() - timedelta(days=2),
        ends_at=timezone.now() - timedelta(days=1),
        planned_at=timezone.now() - timedelta(days=3),
        planned_by="Ada",
    )
    with connection.cursor() as cursor:
        cursor.execute("select set_config('portal.clock', (now() - interval '70 days')::text, true)")
        client(stage.bluefin.provider, "Sleeping House", users=2)
        cursor.execute("select set_config('portal.clock', '', true)")
    outbox.put("mail", {"to": ["ada@x.example"], "subject": "Hello", "text": "Hello", "html": "Hello"}, provider_id=None)
    return stage


class TestEveryTask:
    @pytest.mark.parametrize("name", tasks())
    def test_ends_alike_when_it_runs_three_times(self, name, stage):
        app.tasks[name].apply(throw=True)
        once = state()
        for _ in range(2):
            app.tasks[name].apply(throw=True)
        assert state() == once

    def test_that_beat_sends_exists(self):
        scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
        assert scheduled <= set(tasks())


def test_the_state_tells_a_change(stage):
    """The control."""
    before = state()
    stage.acme.user.delete()
    assert changes(before) == {"usage_user", "usage_seats", "usage_seatevent"}
