"""Many user caps in one edit, beside the bare UPDATE with its audit rows."""

import json
from itertools import count

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.audit import INSERT_MANY
from msp_portal.lib import tenancy
from tests import cast
from tests.bench.timing import result, seconds_of
from usage.actions.many_caps import UPDATE
from usage.forms.many_caps import plan_as_text
from usage.models import Seats
from usage.queries.cap_plans import Operation, plan_of, wanted_by

AT_ONCE = 2_000
caps = count(100)


def in_one_edit(stage, rounds):
    """The confirmed form, from the browser's request to the answer: versions compared, all written, and a line in the trail for each."""
    administrator = stage.many
    organizations = stage.organizations_of(administrator, AT_ONCE)
    browser, timed = cast.sign_in(Client(), administrator), ([], [])
    for number in range(rounds + 1):
        floor = seconds_of(lambda: bare_update(administrator, organizations))
        plan = plan_as_text(planned(organizations))
        measure = seconds_of(lambda plan=plan: confirm(browser, plan))
        if number:  # the first round does not count
            timed[0].append(floor)
            timed[1].append(measure)
    return result(f"{AT_ONCE:,} caps in one edit", "", "UPDATE with its audit rows", timed, kind="times", goal=3)


def bare_update(administrator, organizations):
    """What has to be written in any case, as the doors' role."""
    cap, details = next(caps), json.dumps({"before": 1, "after": 2})
    values = [
        administrator.provider_id,
        None,
        "usage.cap.changed",
        "done",
        "administrator",
        administrator.pk,
        administrator.name,
        None,
    ]
    with tenancy.scope(administrator.provider_id, administrator.reach, administrator.name), connection.cursor() as cursor:
        cursor.execute(UPDATE, [organizations, [cap] * AT_ONCE])
        values[1] = Seats.objects.values_list("cap_changed_at", flat=True).get(pk=organizations[0])
        cursor.execute(INSERT_MANY, [*values, organizations, ["Northern Client"] * AT_ONCE, [details] * AT_ONCE])


def planned(organizations):
    rows = list(Seats.objects.filter(pk__in=organizations))
    return plan_of(rows, wanted_by(Operation.SET, next(caps), {})).planned


def confirm(browser, plan):
    answer = browser.post(reverse("caps-change"), {"plan": plan, "operation": "set", "number": "50"})
    assert answer.status_code == 303, answer
    assert answer.headers["Location"] == reverse("usage")
