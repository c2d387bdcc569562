"""Rate limits for slow actions, for each learner and each address, counted by django-allauth."""

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WAIT = 60
"""Seconds after which a browser may try again."""


def too_often(request: HttpRequest, action: str) -> HttpResponse | None:
    """Count a try of ``action``; return None if it is allowed, or the response 429.

    Call it before any work. The response's page has a button that sends the same data again, so nothing that was
    typed is lost. For a visitor without a session only the address counts. GET requests count too; allauth's own
    function ignores them.
    """
    key = key_of(request)
    rates = settings.ACCOUNT_RATE_LIMITS.get(action, "").split(",")
    counted = ",".join(rate for rate in rates if key or not rate.endswith("/key"))
    app = "allauth.account"
    if ratelimit.consume(request, app=app, action=action, config={action: counted}, key=key, limit_get=True):
        return None
    response = render(request, "429.html", {"again": True, "fields": fields_of(request)}, status=429)
    response["Retry-After"] = str(WAIT)
    return response


def key_of(request: HttpRequest) -> str:
    """A key for the learner, who may be a guest, or for the session; empty if there is neither."""
    learner = request.learner  # type: ignore[attr-defined]
    return f"learner {learner.pk}" if learner.is_authenticated else request.session.session_key or ""


def fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """The posted fields, without files: a page cannot send them again."""
    posted = request.POST.lists()
    return [(name, value) for name, values in posted if name != "csrfmiddlewaretoken" for value in values]
