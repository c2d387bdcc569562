"""From pasted cards to the first question in one step."""

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cards.importing.views import import_draft
from cards.models import Deck, ImportDraft
from sessions_app.sessions.responses import start_from_post
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest

MODE = "learn"


@never_cache
@learner_required
@require_POST
def import_study(request: LearnerRequest, token: str) -> HttpResponse:
    """Import a draft, and where that is done at once, study its deck; else as `import_draft` answers."""
    response = import_draft(request, token)
    draft = ImportDraft.objects.filter(
        token=token, owner=request.learner, phase=ImportDraft.Phase.DONE
    ).first()
    visible = Deck.objects.visible_to(request.learner)
    deck = visible.filter(pk=draft.deck.pk).first() if draft and draft.deck else None
    if deck is None or not deck.card_count:
        return response
    # That there are cards now is what the question says.
    list(messages.get_messages(request))
    return start_from_post(request, deck, MODE)
