"""Starting the next deck of the day."""

from datetime import datetime

from cards.models import Deck
from sessions_app.models import Enrollment
from sessions_app.questions.every_deck import every_deck
from sessions_app.questions.today import introduced_today
from sessions_app.sessions.forms import SpacedStartForm
from sessions_app.sessions.services import session_start
from sessions_app.study.modes import SPACED
from studysite.accounts.models import User


def today_start(*, learner: User, after: str, now: datetime) -> Deck | None:
    """Start or continue Spaced in the first deck of the learner's day; return it, or None if nothing is left.

    After a session in the deck with the slug ``after`` the next deck is another one. Nothing else about the
    evening is stored, so it continues on another device, after a deck was removed, and in a second tab.
    """
    for each in every_deck(learner, now=now).decks:
        if each.deck.slug != after and _start(learner, each.deck, now):
            return each.deck
    return None


def _start(learner: User, deck: Deck, now: datetime) -> bool:
    """Whether Spaced has a question in the deck: another tab may just have answered the last one."""
    enrollment = Enrollment.objects.filter(learner=learner, deck=deck).first()
    if enrollment is None:
        return False
    enrollment.learner, enrollment.deck = learner, deck
    # As if the learner had chosen nothing on the mode's page.
    form = SpacedStartForm({}, instance=enrollment, learner=learner)
    form.full_clean()
    settings = form.session_settings(introduced_today=introduced_today(enrollment, now))
    session = session_start(learner=learner, deck=deck, mode=SPACED.name, settings=settings, now=now)
    return session is not None
