"""What studying answers when the cards ask (`cards.hooks.StudyHooks`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cards.formats.kinds import ANKI, ARCHIVE
from cards.formats.types import Preset, Studied
from cards.hooks import LearnerHistory, Record
from cards.models import Card, Deck
from sessions_app import erasing
from sessions_app.review_log import anki_writing, card_changes, importing, overridden_answers
from sessions_app.review_log.anki import AnkiHistories
from sessions_app.review_log.archive import ArchiveHistories, records_of
from studysite.accounts.models import User
from studysite.slices import Slice

HISTORIES: Mapping[str, type[AnkiHistories | ArchiveHistories]] = {
    ANKI.name: AnkiHistories,
    ARCHIVE.name: ArchiveHistories,
}
"""How a history is read, by the kind of file."""


class StudyAnswers:
    def learner_count(self, cards: QuerySet[Card]) -> int:
        return card_changes.learner_count(cards)

    def studied_decks(self, learner: User) -> QuerySet[Any]:
        return learner.enrollments.studied().values("deck")

    def waiting_answers(self, decks: Collection[int]) -> Mapping[int, int]:
        return overridden_answers.waiting_counts(decks)

    def records(self, deck: Deck, learner: User, cards: Sequence[int]) -> Mapping[str, Iterable[Record]]:
        return records_of(deck, learner, cards)

    def studied(
        self, deck: Deck, learner: User, cards: Sequence[int], *, now: datetime
    ) -> Mapping[int, Studied]:
        return anki_writing.studied_by(deck, learner, cards, now=now)

    def answer_counts(self, learner: User, cards: Sequence[int]) -> Mapping[int, int]:
        return anki_writing.answer_counts(learner, cards)

    def preset(self, deck: Deck, learner: User) -> Preset:
        return anki_writing.preset_of(deck, learner)

    def write_history(
        self, *, deck: Deck, learner: User, history: LearnerHistory, seconds: float, now: datetime
    ) -> tuple[int, int] | None:
        reader = HISTORIES.get(history.kind)
        if reader is None:
            return None
        histories = reader(history, deck=deck, learner=learner, keys=history.keys, now=now)
        return importing.write(
            deck=deck,
            learner=learner,
            histories=histories,
            read_settings=histories.read_settings,
            start=history.start,
            seconds=seconds,
        )

    def needed_cards(self, keys: Collection[int]) -> Collection[int]:
        return erasing.needed_cards(keys)

    def needed_decks(self, keys: Collection[int]) -> Collection[int]:
        return erasing.needed_decks(keys)

    def erase_cards(self, cards: Sequence[int], deck: Deck, *, slice_: Slice) -> bool:
        return erasing.cards_erase(cards, deck, slice_=slice_)

    def erase_deck(self, deck: Deck, *, slice_: Slice) -> bool:
        return erasing.deck_erase(deck, slice_=slice_)
