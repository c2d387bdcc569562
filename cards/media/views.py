"""The files of images, for everybody who may see a card with them."""

import logging

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cards.media.files import ENDING, MEDIA_TYPE, path_of
from cards.models import CardImage, Deck
from studysite.http.requests import SiteRequest

logger = logging.getLogger(__name__)

YEAR = 365 * 24 * 60 * 60


@require_safe
@cache_control(private=True, max_age=YEAR, immutable=True)
def image(request: SiteRequest, sha256: str) -> HttpResponseBase:
    """The image with this hash, if the learner can open a deck with it, or can see all cards in the admin.

    Removed cards count too, because the results of older tests show them. The content can never change.
    """
    shown = CardImage.objects.filter(sha256=sha256).order_by()
    if not (may_read_all(request) and shown.exists()):
        decks = Deck.objects.visible_to(request.learner)
        if not shown.filter(card__deck__in=decks).exists():
            raise Http404("no such image")
    try:
        file = path_of(sha256).open("rb")
    except FileNotFoundError:
        logger.warning("An image of card %s has no file.", shown.values_list("card", flat=True).first())
        raise Http404("its file is lost") from None
    response = FileResponse(file, content_type=MEDIA_TYPE, filename=f"{sha256[:12]}{ENDING}")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def may_read_all(request: SiteRequest) -> bool:
    return bool(request.user.is_staff and request.user.has_perm("cards.view_card"))
