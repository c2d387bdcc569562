"""What studying does when a deck's cards change, and when a guest becomes somebody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from cards.formats.detect import ANKI, ARCHIVE
from cards.importing.history import FileHistory
from cards.models import Card, Deck
from cards.signals import (
    answer_accepted,
    answers_asked,
    cards_changed,
    cards_erasing,
    cards_moved,
    cards_moving,
    cards_reasked,
    deck_erasing,
    history_offered,
    learners_asked,
    records_asked,
    references_asked,
)
from sessions_app import erasing
from sessions_app.learners.guests import belongings, guest_discard, guest_merge
from sessions_app.review_log import card_changes, importing, overridden_answers
from sessions_app.review_log.anki import AnkiHistories
from sessions_app.review_log.archive import ArchiveHistories, records_of
from studysite.accounts import guests
from studysite.accounts.erasing import Belonging
from studysite.accounts.models import User
from studysite.accounts.signals import belongings_asked, person_erasing, person_leaving


@receiver(cards_changed)
def recount_enrollments(sender: object, deck: Deck, **kwargs: Any) -> None:
    card_changes.recount(deck)


@receiver(cards_reasked)
def start_anew(sender: object, cards: Sequence[int], deck: Deck, now: datetime, **kwargs: Any) -> None:
    card_changes.start_anew(cards, deck=deck, now=now)


@receiver(answer_accepted)
def settle_overrides(sender: object, card: Card, **kwargs: Any) -> None:
    overridden_answers.settle(now=timezone.now(), card=card)


@receiver(answers_asked)
def count_overrides(sender: object, decks: Collection[int], **kwargs: Any) -> dict[int, int]:
    return overridden_answers.waiting_counts(decks)


@receiver(cards_moving)
def lock_enrollments(sender: object, decks: Sequence[int], **kwargs: Any) -> None:
    """An answer locks its enrollment and then writes a line that refers to the card: the same order here."""
    card_changes.lock_decks(decks)


@receiver(cards_moved)
def follow_cards(
    sender: object, cards: Sequence[int], decks: Sequence[int], to: Deck, now: datetime, **kwargs: Any
) -> None:
    card_changes.follow_cards(cards, to=to, decks=decks, now=now)


@receiver(learners_asked)
def count_learners(sender: object, cards: QuerySet[Card], **kwargs: Any) -> int:
    return card_changes.learner_count(cards)


@receiver(records_asked)
def give_records(
    sender: object, deck: Deck, learner: User, cards: Sequence[int], **kwargs: Any
) -> dict[str, Iterable[Mapping[str, Any]]]:
    return records_of(deck, learner, cards)


@receiver(history_offered)
def take_history(
    sender: object,
    deck: Deck,
    learner: User,
    history: FileHistory,
    seconds: float,
    now: datetime,
    **kwargs: Any,
) -> tuple[int, int] | None:
    """Write on for about so long; where to go on and for how many cards it is written, None when all is there."""
    readers: dict[str, type[AnkiHistories] | type[ArchiveHistories]] = {
        ANKI: AnkiHistories,
        ARCHIVE: ArchiveHistories,
    }
    if history.kind not in readers:
        return None
    source = readers[history.kind](history, deck=deck, learner=learner, keys=history.keys, now=now)
    return importing.write(
        deck=deck,
        learner=learner,
        histories=source,
        settings=source.settle,
        start=history.start,
        seconds=seconds,
    )


@receiver(user_signed_up)
def keep_what_the_guest_learned(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever signs up in the guest's browser is the guest; an address may still have to be confirmed."""
    if guest := guests.guest_of(request):
        guest_merge(guest=guest, user=user, now=timezone.now())
        guests.forget(request)


@receiver(user_logged_in)
def drop_a_guest_without_anything(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever logs in is asked what to do with the guest's answers and decks, where there are any."""
    guest = guests.guest_of(request)
    if guest and not belongings(guest):
        guest_discard(guest=guest, now=timezone.now())
        guests.forget(request)


@receiver(references_asked)
def name_what_is_needed(sender: type[Card | Deck], keys: Collection[int], **kwargs: Any) -> list[int]:
    return erasing.needed_cards(keys) if sender is Card else erasing.needed_decks(keys)


@receiver(cards_erasing)
def erase_frozen_texts(sender: object, cards: Sequence[int], deck: Deck, until: float, **kwargs: Any) -> bool:
    return erasing.cards_erase(cards, deck, until=until)


@receiver(deck_erasing)
def erase_sessions(sender: object, deck: Deck, until: float, **kwargs: Any) -> bool:
    return erasing.deck_erase(deck, until=until)


@receiver(belongings_asked)
def count_answers(sender: object, people: Collection[int], **kwargs: Any) -> list[Belonging]:
    return erasing.belongings(people)


@receiver(person_leaving)
def leave_the_tables(sender: object, person: User, **kwargs: Any) -> None:
    erasing.leave(person)


@receiver(person_erasing)
def erase_learning(sender: object, person: User, until: float, **kwargs: Any) -> bool:
    return erasing.person_erase(person, until=until)
