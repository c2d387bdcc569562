"""What studying does when a deck's cards change, and when a guest becomes somebody."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from cards.models import Deck
from cards.signals import cards_changed
from sessions_app.guests import answer_count, guest_discard, guest_merge
from sessions_app.models import Enrollment
from studysite.accounts import guests
from studysite.accounts.models import User


@receiver(cards_changed)
def recount_enrollments(sender: object, deck: Deck, **kwargs: Any) -> None:
    Enrollment.objects.filter(deck=deck).recount()


@receiver(user_signed_up)
def keep_what_the_guest_learned(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever signs up in the guest's browser is the guest; an address may still have to be confirmed."""
    if guest := guests.guest_of(request):
        guest_merge(guest=guest, user=user, now=timezone.now())
        guests.forget(request)


@receiver(user_logged_in)
def drop_a_guest_without_answers(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever logs in is asked what to do with the guest's answers, where there are any."""
    guest = guests.guest_of(request)
    if guest and not answer_count(guest):
        guest_discard(guest=guest)
        guests.forget(request)
