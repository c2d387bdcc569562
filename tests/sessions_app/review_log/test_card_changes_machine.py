"""The rule of the log while cards are moved, removed, restored, re-asked and reordered and two learners answer:
after each step a replay changes nothing, in either deck.

The test can fail: without the call of ``replay`` in ``card_changes.follow_cards``, a moved card kept the due day
of its old deck within 60 examples. ``MACHINE_EXAMPLES=500`` searches for longer.
"""

from datetime import timedelta

import pytest
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from cards.editing import cards, moving
from cards.editing.decks import remove_decks, restore_decks, update_studied_sides
from cards.models import Card, Deck, SideChoice
from sessions_app.corrections import services as corrections
from sessions_app.learners import settings as learners_settings
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step
from sessions_app.sessions import marks
from sessions_app.sessions import services as sessions
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Verdict
from tests.sessions_app.by_hand import ByHand, progress_of
from tests.sessions_app.machine import LogMachine, search

pytestmark = pytest.mark.long

EACH = st.sampled_from([0, 1])
# By primary key: a card stays the same in another deck.
NTH = st.integers(0, 5)
CHOICES = st.sampled_from(SideChoice.values)


def day_totals():
    return sorted(DayTotal.objects.exclude(answers=0).values_list("learner", "deck", "study_day", "answers"))


class TwoDecks(LogMachine):
    """Two decks of three cards. Both learners studied the first; their retention differs in the second."""

    @initialize()
    def open(self) -> None:
        self.begin(("ada", "UTC"), ("bea", "UTC"))
        self.decks = [Deck.objects.create(owner=self.learners[0], title=title) for title in "XY"]
        for deck in self.decks:
            for number in range(3):
                self.add_to(deck, number)
        for who, retention in enumerate((0.95, 0.75)):
            learners_settings.settings_change(
                learner=self.learners[who], deck=self.decks[1], retention=retention
            )
            self.study(who, 0, ["4", "3", "4"])

    def add_to(self, deck: Deck, number: int) -> None:
        card = Card(deck=deck, position=moving.next_position(deck), term=f"T {number}")
        card.definition, card.key = f"D {number}", f"key-{number}-{Card.objects.count() % 4}"
        if not deck.cards.filter(key=card.key).exists():
            cards.save_card(card=card)

    # --- What learners do

    @rule(who=EACH, where=EACH, ratings=st.lists(st.sampled_from("1344"), min_size=1, max_size=4))
    def study(self, who: int, where: int, ratings: list[str]) -> None:
        learner, deck = self.learners[who], self.deck(where)
        wish = SessionSettings("due", new_limit=3)
        session = sessions.session_start(
            learner=learner, deck=deck, mode="spaced", settings=wish, now=self.now
        )
        for rating in ratings:
            self.now += timedelta(seconds=20)
            steps = Step.objects.unanswered().filter(session=session).select_related("session__deck", "card")
            if step := steps.first():
                state = sessions.step_answer(
                    learner=learner, step=step, response={"rating": rating}, now=self.now
                )
                assert not state.is_stale

    @rule(who=EACH, back=st.sampled_from([0, 0, 1, 2]))
    def undo(self, who: int, back: int) -> None:
        answered = Step.objects.exclude(answered_at=None).filter(session__learner=self.learners[who])
        steps = answered.select_related("session__deck", "card").order_by("-answered_at", "-pk")
        for step in steps[back : back + 1]:
            answer_undo(learner=self.learners[who], step=step, now=self.now)

    @rule(who=EACH, nth=st.integers(0, 20), verdict=st.sampled_from([Verdict.CORRECT, Verdict.WRONG]))
    def override(self, who: int, nth: int, verdict: Verdict) -> None:
        lines = Review.objects.filter(learner=self.learners[who]).select_related("card__deck").order_by("-pk")
        for line in lines[nth : nth + 1]:
            corrections.answer_override(learner=self.learners[who], line=line, verdict=verdict, now=self.now)

    @rule(
        who=EACH, nth=NTH, mark=st.sampled_from([marks.Mark.SUSPENDED, marks.Mark.BURIED]), on=st.booleans()
    )
    def mark(self, who: int, nth: int, mark: marks.Mark, on: bool) -> None:
        card = self.card(nth)
        if card.removed_at is None:
            marks.card_mark(learner=self.learners[who], card=card, mark=mark, on=on, now=self.now)

    @rule(who=EACH, where=EACH)
    def start_over(self, who: int, where: int) -> None:
        learners_settings.start_over(learner=self.learners[who], deck=self.deck(where), now=self.now)

    @rule(who=EACH, where=EACH, side=CHOICES)
    def choose_a_side(self, who: int, where: int, side: str) -> None:
        learners_settings.settings_change(learner=self.learners[who], deck=self.deck(where), side_choice=side)

    # --- What owners do

    def deck(self, nth: int) -> Deck:
        """Loaded again, as a request does it."""
        return Deck.objects.get(pk=self.decks[nth].pk)

    def card(self, nth: int) -> Card:
        return Card.objects.select_related("deck").order_by("pk")[nth]

    @rule(nths=st.sets(NTH, min_size=1, max_size=3), where=EACH)
    def move(self, nths: set[int], where: int) -> None:
        totals = day_totals()
        chosen = Card.objects.filter(pk__in=[self.card(nth).pk for nth in nths])
        moving.move_cards(cards=chosen, to=self.deck(where), now=self.now)
        assert day_totals() == totals

    @rule(nth=NTH)
    def reask(self, nth: int) -> None:
        totals, card = day_totals(), self.card(nth)
        moving.reask_cards(deck=card.deck, cards=Card.objects.filter(pk=card.pk), now=self.now)
        assert day_totals() == totals
        assert set(card.progress.values_list("level", "due")) <= {(0, None)}

    @rule(nth=NTH)
    def remove(self, nth: int) -> None:
        card = self.card(nth)
        cards.remove_cards(deck=card.deck, cards=Card.objects.filter(pk=card.pk))

    @rule(where=EACH)
    def restore(self, where: int) -> None:
        cards.restore_cards(deck=self.deck(where), cards=Card.objects.all())

    @rule(where=EACH, number=st.integers(0, 9))
    def add(self, where: int, number: int) -> None:
        self.add_to(self.deck(where), number)

    @rule(nth=NTH, side=CHOICES)
    def edit(self, nth: int, side: str) -> None:
        card = self.card(nth)
        card.side_choice = side
        cards.save_card(card=card)

    @rule(where=EACH, side=CHOICES)
    def edit_deck(self, where: int, side: str) -> None:
        deck = self.deck(where)
        deck.side_choice = side
        deck.save()
        update_studied_sides(deck=deck)

    @rule(where=EACH, side=CHOICES)
    def edit_deck_and_change_back(self, where: int, side: str) -> None:
        before = [progress_of(learner) for learner in self.learners]
        for choice in (side, self.deck(where).side_choice):
            self.edit_deck(where, choice)
        assert [progress_of(learner) for learner in self.learners] == before

    @rule(where=EACH, order=st.permutations(range(6)))
    def reorder(self, where: int, order: list[int]) -> None:
        keys = list(self.deck(where).cards.values_list("key", flat=True))
        chosen = [keys[index] for index in order if index < len(keys)]
        moving.reorder_cards(deck=self.deck(where), keys_in_order=chosen)

    @rule(where=EACH)
    def remove_and_restore_deck(self, where: int) -> None:
        decks = Deck.objects.filter(pk=self.decks[where].pk)
        assert remove_decks(decks=decks) == restore_decks(decks=decks) == 1

    # --- What holds

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def progress_lies_where_its_card_does(self) -> None:
        assert not CardProgress.objects.exclude(deck=F("card__deck")).exists()
        for row in CardProgress.objects.all():
            assert Enrollment.objects.filter(learner=row.learner_id, deck=row.deck_id).exists()

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def counts_are_those_of_the_questions(self) -> None:
        """Also no unseen question lies before the place where the queue looks for one."""
        for enrollment in Enrollment.objects.select_related("deck", "learner"):
            questions = ByHand(enrollment.learner, enrollment.deck, self.now)
            questions.check_counts()
            questions.check_hint()


@pytest.mark.django_db
def test_replay_changes_nothing_while_cards_change() -> None:
    search(TwoDecks, examples=6)
