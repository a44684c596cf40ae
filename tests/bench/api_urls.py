"""The floors of the JSON API's measures: one SELECT as JSON, and one INSERT."""

import json

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tests.bench.urls import SELECT

NAMES = ("id", "users", "devices", "cap", "mark", "last", "month")
INSERT = """
    insert into bench_user (provider_id, organization_id, user_name, email, first_name, last_name, state)
    values (%(provider)s, %(organization)s, %(username)s, %(email)s, '', '', 'active')
"""


def bare_list(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(SELECT, [request.GET["provider"]])
        return JsonResponse({"results": [dict(zip(NAMES, row, strict=True)) for row in cursor.fetchall()]})


@csrf_exempt
def bare_insert(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, json.loads(request.body))
    return JsonResponse({})


urlpatterns = [path("bare.json", bare_list), path("bare/users", bare_insert)]
