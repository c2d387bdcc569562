"""From pasted cards to the first question in one step."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cards.importing.views import known_draft, preview_or_import, show_result
from cards.models import Deck, ImportDraft
from sessions_app.sessions.responses import start_from_post
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest

MODE = "learn"


@never_cache
@known_draft
@learner_required
@require_POST
def import_study(request: LearnerRequest, token: str) -> HttpResponse:
    """Import a draft, and study its deck if that is done in this request; else respond as `import_draft` does."""
    return preview_or_import(request, token, study_deck)


def study_deck(request: LearnerRequest, draft: ImportDraft, message: str) -> HttpResponse:
    """Start a session in the deck of a finished import: the question shows that the cards are there."""
    visible = Deck.objects.visible_to(request.learner)
    deck = visible.filter(pk=draft.deck.pk).first() if draft.deck else None
    if deck is None or not deck.card_count:
        return show_result(request, draft, message)
    return start_from_post(request, deck, MODE)
