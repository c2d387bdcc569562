"""Error pages."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studysite.http.unavailable import is_unavailable, unavailable


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 if the request was too large; the page says that nothing was saved."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return render(request, "413.html" if too_large else "400.html", status=413 if too_large else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 if a middleware could not use the database.

    Rendered without the request's context: an error in a context processor must not break the error page too.
    """
    error = sys.exc_info()[1]
    if error is not None and is_unavailable(error):
        return unavailable(request, error)
    return render(None, "500.html", {"request_id": getattr(request, "request_id", "")}, status=500)
