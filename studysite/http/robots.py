"""What search engines may keep: the front page and public decks, and nothing else.

Pages say so themselves, by the header X-Robots-Tag; where a view has set none,
`studysite.http.middleware.page_headers` says ``noindex``. robots.txt names only addresses that are no secret:
where it named an invitation or a deck shared
by link, no robot would read there that it must not keep them.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

HEADER = "X-Robots-Tag"
HOUR = 3600


def for_robots(response: HttpResponse) -> HttpResponse:
    """``response`` as one that search engines may keep: everybody sees it, and its address is no secret."""
    response[HEADER] = "all"
    return response


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots_txt(request: HttpRequest) -> HttpResponse:
    return for_robots(render(request, "robots.txt", content_type="text/plain; charset=utf-8"))
