"""The portal's addresses and the bare view that is the Usage page's floor: one indexed SELECT of 100 rows, drawn as a plain table."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import include, path

SELECT = """
    select s.organization_id, s.users, s.devices, s.user_cap, s.users_mark, s.last_users_mark, s.month
    from usage_seats s where s.provider_id = %s order by s.organization_id limit 100
"""
TABLE = Engine().from_string(
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def bare(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(SELECT, [request.GET["provider"]])
        return HttpResponse(TABLE.render(Context({"rows": cursor.fetchall()})))


urlpatterns = [path("bare/", bare), path("", include("tests.bench.api_urls")), path("", include("msp_portal.urls"))]
