"""What happens to every request: a line in the log, headers, the visitor's time zone, logins inside htmx."""

import logging
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from studysite.http import robots
from studysite.http.requests import largest_body
from studysite.logs import current_request, masked_path
from studysite.numbers import whole_number

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("studysite.requests")


def request_log(get_response: Handler) -> Handler:
    """Log one line for each answer, and name the request in the answer's header and on error pages."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:12]
        request.request_id = request_id  # type: ignore[attr-defined]
        token = current_request.set(request)
        started = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = request_id
            milliseconds = (time.perf_counter() - started) * 1000
            status = response.status_code
            logger.info("%s %s %d %.0f ms", request.method, masked_path(request.path), status, milliseconds)
            return response
        finally:
            current_request.reset(token)

    return middleware


def upload_limit(get_response: Handler) -> Handler:
    """Refuse what is too large by its announced length, before anything of it is read or kept.

    More than is announced is never read.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        most = largest_body(request.path)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if whole_number(length, most=most) is not None:
            return get_response(request)
        context = {"most": most // 2**20}
        return render(request, "413.html", context, status=413)

    return middleware


def page_headers(get_response: Handler) -> Handler:
    """Keep pages out of shared caches and of search engines, unless their views say otherwise.

    A page shows who is signed in, so a browser asks anew before it shows one again; going back shows it as it was.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault(robots.HEADER, "noindex")
        return response

    return middleware


def permissions_policy(get_response: Handler) -> Handler:
    """Switch off the browser features that no page uses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response

    return middleware


def method_not_allowed(get_response: Handler) -> Handler:
    """Give 405 a page: people come there by reloading, or by opening a button's address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content:
            page = render(request, "405.html")
            response.content, response["Content-Type"] = page.content, page["Content-Type"]
        return response

    return middleware


def login_redirect(get_response: Handler) -> Handler:
    """Turn a redirect to the login page into one that htmx follows as a page.

    htmx would swap the login form into the middle of the page, and after the login the visitor would be sent
    to the fragment's address; so they go to the login page as a whole and come back to the page they were on.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        htmx = request.htmx  # type: ignore[attr-defined]
        if not htmx or response.status_code != 302:
            return response
        login = resolve_url(settings.LOGIN_URL)
        if urlsplit(response["Location"]).path != login:
            return response
        query = QueryDict(mutable=True)
        query["next"] = page_of(htmx)
        return HttpResponseClientRedirect(f"{login}?{query.urlencode(safe='/')}")

    return middleware


def page_of(htmx: HtmxDetails) -> str:
    """The path of the page that the request was made on; home where the header names no page of this site."""
    try:
        return htmx.current_url_abs_path or "/"
    except ValueError:
        return "/"


def time_zone(get_response: Handler) -> Handler:
    """Show times in the learner's own time zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Static files and pages for strangers never touch the session.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return get_response(request)
        learner = request.learner  # type: ignore[attr-defined]
        if not learner.is_authenticated:
            return get_response(request)
        with timezone.override(learner.zone):
            return get_response(request)

    return middleware
