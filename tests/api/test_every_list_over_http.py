"""Every address that is read, over real HTTP: with and without a slash, without a key, and as a list with each parameter good and bad."""

import pytest
from django.db import transaction

from accounts.models import ApiKey
from tests.api.live import live_client_of
from tests.api.test_who_may_what import filled, operations, targets
from tests.walks.stage import Stage

BAD = {"limit": "0", "skip": "-1", "sort": "nonsense", "sortIgnoreCase": "nonsense", "filter": "nonsense:eq:1"}
GOOD = {"limit": "1", "skip": "1", "sort": "-{}", "sortIgnoreCase": "{}", "fields": "id,name"}
SORTED_BY = {
    "providers_retrieveInvoices": "dueDate",
    "providers_providerListCase": "date",
    "organizations_orgListCases": "date",
    "usage_listLicenceTotals": "slot",
    "providers_retrieveIntegrations": "type",
    "providers_listInvoiceLines": "amount",
}


@pytest.fixture
def stage(committed):
    with transaction.atomic():
        return Stage()


@pytest.fixture
def live(live_portal, stage):
    client = live_client_of(live_portal, stage.northwind)
    ApiKey.objects.update(requests_per_minute=1_000_000)
    return client.at(stage.acme.organization)


def shape_of(answer):
    """What does not change from one moment to the next: the fields of a body."""
    body = answer.json() if answer.headers["Content-Type"] == "application/json" else {}
    return set(body) if isinstance(body, dict) else len(body)


def reads():
    return {name: (path, one) for name, (method, path, one) in operations().items() if method == "GET"}


def test_is_answered_with_a_slash_and_without_and_not_without_a_key(live, stage):
    for name, (path, _) in reads().items():
        address = filled(path, targets(stage, name))
        plain, slashed = live.send("GET", address), live.send("GET", f"{address}/")
        assert (plain.status, plain.headers["Content-Type"]) == (slashed.status, slashed.headers["Content-Type"]), name
        assert shape_of(plain) == shape_of(slashed), name
        assert plain.status in {200, 503}, name  # 503: the worker has not drawn that paper
        unknown = live.send("GET", address, **{"x-api-key": "mspk_nobody"})
        assert (unknown.status, unknown.json()["status"]) == (401, "Unauthorized"), name


def test_takes_each_parameter_that_it_describes_and_refuses_what_says_nothing(live, stage):
    tried = set()
    for name, (path, one) in reads().items():
        address = filled(path, targets(stage, name))
        for parameter in {given["name"] for given in one["parameters"]} & (BAD.keys() | GOOD.keys()):
            place = f"{name} {parameter}"
            tried.add(parameter)
            if parameter in GOOD:
                value = GOOD[parameter].format(SORTED_BY.get(name, "id"))
                assert live.send("GET", f"{address}?{parameter}={value}").status == 200, place
            if parameter in BAD:
                answer = live.send("GET", f"{address}?{parameter}={BAD[parameter]}")
                assert (answer.status, answer.json()["code"]) == (400, 400), place
    assert tried == BAD.keys() | GOOD.keys()


def test_tells_how_many_match_in_body_and_header(live, stage):
    for name, (path, one) in reads().items():
        if "skip" not in {given["name"] for given in one["parameters"]}:
            continue
        answer = live.send("GET", f"{filled(path, targets(stage, name))}?limit=1")
        body, total = answer.json(), int(answer.headers["x-total-count"])
        if isinstance(body, dict):
            assert body["totalCount"] == total, name
        rows = body if isinstance(body, list) else next(value for value in body.values() if isinstance(value, list))
        assert len(rows) == min(1, total), name
        assert (total > 1) == ('rel="next"' in answer.headers.get("Link", "")), name
