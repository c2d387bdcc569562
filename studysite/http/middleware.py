"""Middleware for every request: log line, headers, time zone, size limit, 405 page, login redirects for htmx."""

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
    """Log one line for each response; give the request an id, for the response's header and error pages."""

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
            path = masked_path(request.path, request.resolver_match)
            logger.info("%s %s %d %.0f ms", request.method, path, status, milliseconds)
            return response
        finally:
            current_request.reset(token)

    return middleware


def upload_limit(get_response: Handler) -> Handler:
    """Refuse requests whose announced length is too large, before anything is read.

    The server never reads more than the announced length.
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
    """Keep pages out of shared caches and search engines, unless their views set these headers themselves.

    Pages show who is logged in, so browsers must ask again before they reuse one (but not when going back).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault(robots.HEADER, "noindex")
        return response

    return middleware


def permissions_policy(get_response: Handler) -> Handler:
    """Disable browser features that no page uses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response

    return middleware


def method_not_allowed(get_response: Handler) -> Handler:
    """Give 405 a page: people get it by reloading, or by opening the address of a button."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content:
            page = render(request, "405.html")
            response.content, response["Content-Type"] = page.content, page["Content-Type"]
        return response

    return middleware


def login_redirect(get_response: Handler) -> Handler:
    """For htmx, change a redirect to the login page into a full page load.

    Otherwise htmx would swap the login form into the page, and after the login the visitor would get the address
    of a part. Instead they come back to the page that they were on.
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
    """The path of the page that sent the request; "/" if the header has no page of this site."""
    try:
        return htmx.current_url_abs_path or "/"
    except ValueError:
        return "/"


def time_zone(get_response: Handler) -> Handler:
    """Use the learner's time zone for all times."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Static files and visitors without a session never load one.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return get_response(request)
        learner = request.learner  # type: ignore[attr-defined]
        if not learner.is_authenticated:
            return get_response(request)
        with timezone.override(learner.zone):
            return get_response(request)

    return middleware
