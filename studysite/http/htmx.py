"""Decides whether a request gets a whole page or a part of it; no other module does."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from studysite.http.requests import SiteRequest


def wanted_part(request: SiteRequest, parts: Collection[str]) -> str | None:
    """The part of the page that htmx will swap: the one among ``parts`` that the request names as its target.

    A part's name, its DOM id and ``hx-target`` are the same word. A request for any other target gets the whole
    page, and so does a request by which htmx restores a page from history.
    """
    htmx = request.htmx
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return None
    return htmx.target if htmx.target in parts else None


def render_page(
    request: SiteRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    parts: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render ``template``, or only the part of it that htmx asks for, and set the Vary header.

    A form with errors is answered with status 200: htmx does not swap a 4xx.
    """
    part = wanted_part(request, parts)
    name = f"{template}#{part}" if part else template
    response = render(request, name, {**context, "part": part}, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def go_to(request: SiteRequest, address: str) -> HttpResponse:
    """Redirect to another page: htmx would swap the target of a plain redirect into the present one."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
