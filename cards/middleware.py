"""Middleware for requests about a deck that is erased while they are answered."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import Http404, HttpResponse

from cards.models import Deck


def deck_gone_meanwhile(get_response: Callable[[Any], HttpResponse]) -> Callable[[Any], HttpResponse]:
    """Middleware: answer with 404 if the deck's rows were deleted during the request."""

    def middleware(request: Any) -> HttpResponse:
        return get_response(request)

    def process_exception(request: Any, exception: Exception) -> None:
        slug = request.resolver_match.kwargs.get("slug") if request.resolver_match else None
        if slug is None or not isinstance(exception, IntegrityError | ObjectDoesNotExist):
            return
        if not Deck.objects.visible_to(request.learner).filter(slug=slug).exists():
            raise Http404("the deck is gone") from exception

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
