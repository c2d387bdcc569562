"""The site's addresses, and some that fail in each of the ways a page can fail."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from studysite import urls

handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a page that breaks")


def crash_for(request: HttpRequest, key: str) -> HttpResponse:
    raise RuntimeError(f"a page that breaks for {key}")


def deny(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


@csrf_exempt
def read_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(len(request.POST))


@require_POST
def button(request: HttpRequest) -> HttpResponse:
    return HttpResponse("pressed")


@login_required
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse("private")


database_error: Exception | None = None


def database(request: HttpRequest) -> HttpResponse:
    """Fail with the database error that a test chooses, or by running the given statement."""
    if database_error:
        raise database_error
    with connection.cursor() as cursor:
        cursor.execute(request.GET.get("sql", "SELECT 1"))
    return HttpResponse("done")


def zone(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


urlpatterns = [
    path("test/zone/", zone),
    path("test/crash/", crash),
    path("test/crash/<key>/", crash_for),
    path("test/deny/", deny),
    path("test/suspect/", suspect),
    path("test/form/", read_form),
    path("test/button/", button),
    path("test/private/", private),
    path("test/database/", database),
    path("test/reset/<key>/", private),
    *urls.urlpatterns,
]
