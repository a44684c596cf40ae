"""What a person sees when something broke: a plain page with an incident id, the same id that stands in the log. And the two probes."""

import secrets
import sys

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: 503 while the database is away (the page comes back by itself), else 500; JSON under /api/."""
    fault = sys.exc_info()[1]
    status = 503 if isinstance(fault, OperationalError | InterfaceError) else 500
    incident = secrets.token_hex(6)
    log.error("incident", incident=incident, status=status, path=request.path, exc_info=fault)
    return _answer(request, status, incident)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: expired, or from another site. Nothing was changed."""
    log.warning("csrf", reason=reason, path=request.path)
    return HttpResponse(render_to_string("csrf.html", _page(request)), status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404: the same words for what is absent and what is someone else's."""
    if request.path.startswith("/api/"):
        return JsonResponse({"code": 404, "status": "Not Found", "message": "Not Found"}, status=404)
    return HttpResponse(render_to_string("404.html", _page(request)), status=404)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """`/livez`: this process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """`/readyz`: database, migrations and broker, each `ok` or `away`; 503 unless all are ok. Tells no versions."""
    found = {"database": _database_answers(), "migrations": False, "broker": _broker_answers()}
    found["migrations"] = found["database"] and _is_migrated()
    status = 200 if all(found.values()) else 503
    return JsonResponse({part: "ok" if ok else "away" for part, ok in found.items()}, status=status)


def _answer(request: HttpRequest, status: int, incident: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        words = "Service Unavailable" if status == 503 else "Internal Server Error"
        return JsonResponse({"code": status, "status": words, "message": words, "incident": incident}, status=status)
    response = HttpResponse(render_to_string(f"{status}.html", {**_page(request), "incident": incident}), status=status)
    if status == 503:
        response["Retry-After"] = "5"
    return response


def _page(request: HttpRequest) -> dict[str, str]:
    """What the bare pages need, without asking database or session."""
    return {"theme": request.COOKIES.get("theme", "auto")}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        connection.close()
        return False
    return True


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    try:
        return bool(Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5).ping())
    except RedisError:
        return False
