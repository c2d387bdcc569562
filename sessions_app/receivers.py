"""What studying does when a deck's cards change: everybody's roll-up is counted anew, in one statement."""

from typing import Any

from django.dispatch import receiver

from cards.models import Deck
from cards.signals import cards_changed
from sessions_app.models import Enrollment


@receiver(cards_changed)
def recount_enrollments(sender: object, deck: Deck, **kwargs: Any) -> None:
    Enrollment.objects.filter(deck=deck).recount()
