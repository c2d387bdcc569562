"""From pasted cards to the first question in one step."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cards.importing import pages
from cards.models import Deck, ImportDraft
from sessions_app.sessions.responses import start_from_post
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest

MODE = "learn"


@never_cache
@pages.known_draft
@learner_required
@require_POST
def import_study(request: LearnerRequest, token: str) -> HttpResponse:
    """Import a draft, and study its deck if that is done in this request; else respond as `import_draft` does."""
    draft = pages.draft_or_404(request, token)
    was_done = draft.phase == ImportDraft.Phase.DONE
    if response := pages.respond(request, draft):
        return response
    visible = Deck.objects.visible_to(request.learner)
    deck = visible.filter(pk=draft.deck.pk).first() if draft.deck else None
    if deck and deck.card_count:
        # Without a message: the question shows that the cards are there.
        return start_from_post(request, deck, MODE)
    return redirect(pages.page_after(request, draft)) if was_done else pages.leave(request, draft)
