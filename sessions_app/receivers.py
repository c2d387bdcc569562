"""What studying does when a deck's cards change, when a guest logs in or signs up, and when a person leaves."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from cards.models import Card, Deck
from cards.signals import answer_accepted, cards_changed, cards_moved, cards_moving, cards_reasked
from sessions_app import erasing
from sessions_app.learners.guests import belongings, guest_discard, guest_merge
from sessions_app.review_log import card_changes, overridden_answers
from studysite.accounts import guests
from studysite.accounts.erasing import Belonging
from studysite.accounts.models import User
from studysite.accounts.signals import belongings_asked, person_erasing, person_leaving
from studysite.slices import Slice


@receiver(cards_changed)
def recount_enrollments(sender: object, deck: Deck, affected: Collection[int] | None, **kwargs: Any) -> None:
    card_changes.cards_changed(deck, affected)


@receiver(cards_reasked)
def reset_progress(sender: object, cards: Sequence[int], deck: Deck, now: datetime, **kwargs: Any) -> None:
    card_changes.reset(cards, deck=deck, now=now)


@receiver(answer_accepted)
def recheck_overridden_answers(sender: object, card: Card, **kwargs: Any) -> None:
    overridden_answers.recheck(now=timezone.now(), card=card)


@receiver(cards_moving)
def lock_enrollments(sender: object, decks: Sequence[int], **kwargs: Any) -> None:
    """An answer locks its enrollment first and then writes a line that refers to the card: the same order here."""
    card_changes.lock_decks(decks)


@receiver(cards_moved)
def follow_cards(
    sender: object, cards: Sequence[int], decks: Sequence[int], to: Deck, now: datetime, **kwargs: Any
) -> None:
    card_changes.follow_cards(cards, to=to, decks=decks, now=now)


@receiver(user_signed_up)
def merge_guest(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A new account takes over the guest of its browser, even before its address is confirmed."""
    if guest := guests.guest_of(request):
        found = belongings(guest)
        if guest_merge(guest=guest, user=user, now=timezone.now()):
            # Read by the message of the login that follows in this request; without one nothing is said, so that
            # nobody learns from it whether an address has an account.
            request.came_along = found.removeprefix("1 ")  # type: ignore[attr-defined]
        guests.forget(request)


@receiver(user_logged_in)
def discard_empty_guest(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A guest with answers or decks stays: the user decides about them on a page of their own."""
    guest = guests.guest_of(request)
    if guest and not belongings(guest):
        guest_discard(guest=guest, now=timezone.now())
        guests.forget(request)


@receiver(belongings_asked)
def count_answers(sender: object, people: Collection[int], **kwargs: Any) -> list[Belonging]:
    return erasing.belongings(people)


@receiver(person_leaving)
def leave_tables(sender: object, person: User, **kwargs: Any) -> None:
    erasing.unenroll(person)


@receiver(person_erasing)
def erase_person(sender: object, person: User, slice_: Slice, **kwargs: Any) -> bool:
    return erasing.person_erase(person, slice_=slice_)
