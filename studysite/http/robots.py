"""Search engines may index the front page and public decks, and nothing else.

Views allow it by the header X-Robots-Tag; without it `studysite.http.middleware.page_headers` sends ``noindex``.
robots.txt does not block invitations or decks that are shared by link: a robot that may not read a page would not
see its ``noindex``.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

HEADER = "X-Robots-Tag"
HOUR = 3600


def for_robots(response: HttpResponse) -> HttpResponse:
    """Let search engines index ``response``: everyone may see it, and its address is not secret."""
    response[HEADER] = "all"
    return response


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots_txt(request: HttpRequest) -> HttpResponse:
    return for_robots(render(request, "robots.txt", content_type="text/plain; charset=utf-8"))
