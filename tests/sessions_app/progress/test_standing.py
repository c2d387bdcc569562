"""A learner's progress on the pages."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.editing.cards import remove_cards
from cards.models import Card, Deck, Visibility
from sessions_app.models import Enrollment
from sessions_app.progress.home_decks import home_decks
from sessions_app.progress.standing import decks_of, level_shares, mastery_percent, table_rows
from sessions_app.questions import today as questions_today
from sessions_app.sessions.marks import Mark, card_mark
from tests.sessions_app.conftest import NOON, Studying

COUNTS = st.tuples(*[st.integers(0, 50)] * 4)


def enrollment(counts):
    return Enrollment(**dict(zip(("recognised", "recalled", "learned", "mastered"), counts, strict=True)))


@pytest.mark.parametrize(
    ("counts", "cards", "percent"),
    [((0, 0, 0, 0), 46, 0), ((46, 0, 0, 0), 46, 25), ((0, 0, 46, 0), 46, 75), ((0, 0, 0, 46), 46, 100)],
)
def test_mastery_is_the_mean_level_over_four(counts, cards, percent):
    assert mastery_percent(enrollment(counts), cards) == percent


def test_empty_deck_has_no_mastery():
    assert mastery_percent(enrollment((0, 0, 0, 0)), 0) == 0


@given(COUNTS, st.integers(0, 50))
def test_only_a_fully_mastered_deck_has_100_percent(counts, new):
    cards = sum(counts) + new
    whole = counts[3] == cards > 0
    assert (mastery_percent(enrollment(counts), cards) == 100) == whole


@given(COUNTS, st.integers(0, 50))
def test_level_bar_covers_every_card(counts, new):
    shares = level_shares(enrollment(counts), sum(counts) + new)
    assert sorted(share.level for share in shares) == [0, 1, 2, 3, 4]
    assert sum(share.count for share in shares) == sum(counts) + new
    assert sum(share.width for share in shares) == pytest.approx(100 if sum(counts) + new else 0, abs=0.01)


@pytest.mark.django_db
class TestStanding:
    def test_last_studied_deck_is_first(self, learner, make_deck):
        decks = [make_deck(3, title=title) for title in ("deck 2", "deck 10", "a")]
        for minute, deck in enumerate(decks):
            studying = Studying(learner, deck, NOON + timedelta(minutes=minute))
            studying.start(new_limit=1)
            studying.answer(4)
        assert [deck.title for deck, _ in home_decks(learner, now=NOON).rows] == ["a", "deck 10", "deck 2"]
        Enrollment.objects.update(last_studied_at=NOON)
        assert [deck.title for deck, _ in home_decks(learner, now=NOON).rows] == ["a", "deck 2", "deck 10"]

    def test_new_deck_is_above_those_of_earlier_days(self, owner, make_deck):
        for title, created, studied in (
            ("Earlier", 2, 1),
            ("deck 10", 0, None),
            ("deck 2", 0, None),
            ("Today", 9, 0),
            ("Old", 9, None),
        ):
            deck = make_deck(1, title=title)
            Deck.objects.filter(pk=deck.pk).update(created_at=NOON - timedelta(days=created))
            if studied is not None:
                Enrollment.objects.set_for(owner, deck, last_studied_at=NOON - timedelta(days=studied))
        titles = [deck.title for deck, _ in home_decks(owner, now=NOON).rows]
        assert titles == ["Today", "deck 2", "deck 10", "Earlier", "Old"]

    def test_deck_made_private_leaves_my_decks(self, learner, studying):
        studying.start()
        studying.answer(3)
        Deck.objects.update(visibility=Visibility.PRIVATE)
        assert not decks_of(learner).exists()

    def test_own_unstudied_deck_is_in_my_decks(self, owner, deck):
        assert home_decks(owner, now=NOON).rows == [(deck, None)]

    def test_right_counts_only_recalls_that_tested_a_memory(self, learner, studying):
        studying.start(new_limit=1)
        studying.answer(3)
        (row,) = table_rows(studying.deck, learner, now=studying.now)
        assert row.right_percent is None
        studying.now += timedelta(days=3)
        studying.start(new_limit=0)
        studying.answer(1)
        (row,) = table_rows(studying.deck, learner, now=studying.now)
        assert row.right_percent == 0

    def test_recalls_older_than_thirty_days_do_not_count(self, learner, studying):
        for _ in range(2):
            studying.start(new_limit=1)
            studying.answer(3)
            studying.now += timedelta(days=3)
        (row,) = table_rows(studying.deck, learner, now=studying.now + timedelta(days=20))
        assert row.right_percent == 100
        (row,) = table_rows(studying.deck, learner, now=studying.now + timedelta(days=40))
        assert row.right_percent is None

    def test_removed_card_leaves_the_totals(self, learner, studying):
        studying.start()
        studying.answer(3)
        remove_cards(deck=studying.deck, cards=Card.objects.filter(position=0))
        assert Enrollment.objects.get().roll_up()["recalled"] == 0

    def test_changed_side_has_its_own_progress(self, learner, studying):
        studying.start()
        studying.answer(3)
        card = Card.objects.get(position=0)
        for side, recalled in (("term", 0), ("definition", 1)):
            card.side_choice = side
            card.save()
            Enrollment.objects.recount()
            assert Enrollment.objects.get().recalled == recalled

    def test_today_counts_the_remaining_new_cards(self, learner, studying):
        Enrollment.objects.create(learner=learner, deck=studying.deck, new_per_day=3)
        studying.start()
        studying.answer(3)
        standing = questions_today.scheduled_for(Enrollment.objects.all(), learner, studying.now).get()
        today = questions_today.today(standing, studying.deck, now=studying.now)
        assert (today.due, today.new, today.unseen, today.scheduled) == (0, 2, 4, 1)

    def today(self, studying):
        standing = questions_today.scheduled_for(
            Enrollment.objects.all(), studying.learner, studying.now
        ).get()
        return questions_today.today(standing, studying.deck, now=studying.now)

    def test_today_leaves_out_steps_not_yet_due(self, learner, studying):
        Enrollment.objects.create(learner=learner, deck=studying.deck, new_per_day=1, learn_ahead=0)
        studying.start(new_limit=1)
        studying.answer(1)
        today = self.today(studying)
        assert (today.due, today.next_due) == (0, studying.now + timedelta(minutes=10))
        studying.now += timedelta(minutes=10)
        assert self.today(studying).due == 1

    def test_today_leaves_out_buried_cards(self, learner, studying):
        studying.start(new_limit=1)
        studying.answer(4)
        for card in Card.objects.select_related("deck"):
            card_mark(learner=learner, card=card, mark=Mark.BURIED, on=True, now=studying.now)
        today = self.today(studying)
        assert (today.due, today.new, today.unseen, today.scheduled) == (0, 0, 0, 0)
