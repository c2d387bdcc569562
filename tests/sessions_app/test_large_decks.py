"""What pages of large decks leave out, so that they take as long as those of small ones."""

from random import Random

import pytest
from django.db.models import F
from django.utils import timezone

from cards.editing.cards import add_card, edit_card, remove_cards, restore_cards
from cards.editing.moving import place_card
from cards.models import Card, Deck, Tag, TagLink, tag
from cards.tagging.filter import TagChoice
from sessions_app.models import CardProgress, Enrollment, Step, StudySession
from sessions_app.practice_test import starting
from sessions_app.progress import standing
from sessions_app.questions.today import scheduled_for
from sessions_app.study.modes.types import SessionSettings
from studysite.accounts.models import User
from studysite.queries import counting, paging
from tests.load import large_data, queries

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MOST_MORE = 2
"""A page of a large deck has so many queries more: one for its recall, or two for a sample of its cards."""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Deck:
    """A deck of 120 cards, of which the first learner has seen half, for a site with lower limits."""
    large_data.make(learners=6, cards=160, progress=260, reviews=270, sizes=[120, 40])
    monkeypatch.setattr(standing, "CARDS_WITH_RECALL", 60)
    monkeypatch.setattr(starting, "WHOLE_DECK", 60)
    monkeypatch.setattr(starting, "FEWEST_READ", 20)
    return Deck.objects.get(slug="deck-120-1")


@pytest.fixture
def first(large: Deck) -> User:
    return User.objects.get(email="learner-1@example.org")


def test_counts_stop_at_the_limit(large: Deck, first: User, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Enrollment.objects.filter(learner=first, deck=large)
    (exact,) = scheduled_for(mine, first, timezone.now())
    assert 4 < exact.due_count < 60
    monkeypatch.setattr(counting, "MOST_COUNTED", 3)
    (counted,) = scheduled_for(mine, first, timezone.now())
    assert (counted.due_count, counting.capped(counted.due_count)) == (4, "3+")
    assert counting.count_up_to(large.cards.all()) == 4
    assert counting.capped(3) == "3"


@pytest.mark.parametrize("side_choice", ["auto", "both", "term"])
def test_recall_of_a_large_deck_is_estimated(
    large: Deck, first: User, side_choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Enrollment.objects.filter(learner=first, deck=large).update(side_choice=side_choice)

    def recall() -> float:
        return standing.table_rows(large, first, now=timezone.now())[0].enrollment.recall_sum or 0

    some = recall()
    monkeypatch.setattr(standing, "CARDS_WITH_RECALL", 120)
    exact = recall()
    assert exact > 5
    # Every second card is read.
    assert some != exact
    assert some == pytest.approx(exact, rel=0.25)


def test_table_has_the_learners_who_studied_last(large: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = large.owner
    rows = standing.table_rows(large, owner, now=timezone.now())
    assert len(rows) > 2
    others = Enrollment.objects.filter(deck=large).exclude(learner=owner)
    last = others.order_by(F("last_studied_at").desc(nulls_last=True), "pk")[0]
    monkeypatch.setattr(standing, "MOST_ROWS", 2)
    some = standing.table_rows(large, owner, now=timezone.now())
    assert [row.enrollment.learner_id for row in some] == [owner.pk, last.learner_id]


def test_test_of_a_large_deck_asks_cards_of_a_sample(large: Deck, first: User) -> None:
    now = timezone.now()
    settings = SessionSettings(kinds=("flip",), questions=5)
    CardProgress.objects.filter(learner=first, deck=large).update(suspended=False)
    session = starting.start(learner=first, deck=large, settings=settings, now=now)
    assert session
    asked = set(session.steps.values_list("card__position", flat=True))
    sample = Random(f"{session.seed}:places").sample(range(120), starting.SPARE * 20)
    assert len(asked) == 5
    assert asked <= set(sample)


def test_test_of_a_large_deck_finds_the_last_cards_that_can_be_asked(large: Deck, first: User) -> None:
    present = list(large.cards.in_order())
    kept = {card.pk for card in present[:3]}
    rows = [
        CardProgress(learner=first, deck=large, card=card, side=card.studied_side, suspended=True)
        for card in present
        if card.pk not in kept
    ]
    CardProgress.objects.filter(learner=first, deck=large).delete()
    CardProgress.objects.bulk_create(rows)
    settings = SessionSettings(kinds=("flip",), questions=5)
    session = starting.start(learner=first, deck=large, settings=settings, now=timezone.now())
    assert session
    assert set(session.steps.values_list("card", flat=True)) == kept


def test_tags_of_a_very_large_deck_have_no_counts(large: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    def chips() -> list[tuple[str, int]]:
        found = Tag.objects.seen_by(large.owner, deck=large).counted_on(large)
        return [(chip.name, chip.count) for chip in TagChoice(tuple(found), (), "any").chips]

    Tag.objects.create(owner=large.owner, name="On no card", key="on no card")
    assert chips() == [(f"Topic {n}", 6) for n in sorted(range(20), key=str)]
    monkeypatch.setattr(tag, "CARDS_COUNTED", 100)
    assert chips() == [(f"Topic {n}", 0) for n in sorted(range(20), key=str)]


def test_progress_is_recounted_only_if_cards_ask_for_something_else(large: Deck, first: User) -> None:
    mine = Enrollment.objects.filter(learner=first, deck=large)
    # Wrong on purpose: only a recount corrects it.
    mine.update(recognised=77)
    card = add_card(card=Card(deck=large, term="One", definition="Two"))
    place_card(card=card, place=1)
    card.definition = "Three"
    edit_card(card=card, seen=card.updated_at)
    # Nobody has any progress on the new card.
    remove_cards(deck=large, cards=large.cards.filter(pk=card.pk))
    assert mine.get().recognised == 77
    seen = CardProgress.objects.filter(learner=first, deck=large, card__removed_at=None).first()
    assert seen
    remove_cards(deck=large, cards=large.cards.filter(pk=seen.card_id))
    assert mine.get().recognised < 60


def test_progress_is_recounted_of_learners_whom_a_removed_card_concerns(large: Deck, first: User) -> None:
    """Those who have progress on it, or are being asked about it."""
    now, card = timezone.now(), CardProgress.objects.filter(learner=first, deck=large).earliest("pk").card
    people = [User.objects.create_user(f"{name}@example.org", name=name) for name in ("asked", "elsewhere")]
    for person, asked in zip(people, (card, large.cards.exclude(pk=card.pk)[0]), strict=True):
        session = StudySession.objects.create(
            learner=person, deck=large, mode="spaced", seed=1, study_day=now.date(), started_at=now
        )
        question = {"kind": "flip", "side": "term", "round": 0}
        Step.objects.create(session=session, position=0, card=asked, origin="new", question=question)
        Enrollment.objects.create(learner=person, deck=large)
    Enrollment.objects.filter(deck=large).update(recognised=77)
    for change in (remove_cards, restore_cards):
        change(deck=large, cards=large.cards.filter(pk=card.pk))
        counts = dict(Enrollment.objects.filter(deck=large).values_list("learner", "recognised"))
        assert counts.pop(people[1].pk) == 77
        assert counts.pop(people[0].pk) == 0
        assert counts[first.pk] < 60


def test_pages_after_many_rows_are_the_same(large: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = large.cards.present().in_order()
    plain = [[card.position for card in paging.KeyPaginator(cards, 50).page(n)] for n in (1, 2, 3)]
    monkeypatch.setattr(paging, "SKIPPED_WHOLE", 0)
    by_key = [[card.position for card in paging.KeyPaginator(cards, 50).page(n)] for n in (1, 2, 3)]
    assert plain == by_key
    assert [len(page) for page in plain] == [50, 50, 20]


def test_my_tags_count_cards_and_decks(large: Deck, first: User, client, monkeypatch) -> None:
    links = TagLink.objects.filter(tag__key="topic 3").values("card")
    Card.objects.filter(pk__in=links).filter(position__lt=20).update(removed_at=timezone.now())
    client.force_login(large.owner)
    text = " ".join(client.get("/tags/").content.decode().split())
    assert "6 cards in 1 deck" in text
    assert "5 cards in 1 deck" in text
    monkeypatch.setattr("cards.tagging.tag_views.MOST_COUNTED", 5)
    monkeypatch.setattr(counting, "MOST_COUNTED", 5)
    assert "5+ cards" in client.get("/tags/").content.decode()


@pytest.mark.long
def test_queries_of_pages_do_not_grow_with_cards() -> None:
    large_data.make(learners=8, cards=2_050, progress=1_800, reviews=1_900, sizes=[1_500, 500, 50])
    # An owner's page has more queries than a learner's.
    Deck.objects.update(owner=User.objects.get(email="learner-1@example.org"))
    numbers: dict[str, dict[int, int]] = {}
    for size in (50, 1_500):
        deck = Deck.objects.get(slug=f"deck-{size}-1")
        for page in queries.pages_of(deck):
            client = queries.browser_of(page.who)
            name = page.name.replace(f"{size:,}", "…")
            # The first time fills caches.
            for _ in range(2):
                found = queries.measured(client, page, times=0)
            assert found.status in (200, 302), page
            numbers.setdefault(name, {})[size] = len(found.statements)
    more = {name: by_size for name, by_size in numbers.items() if by_size[1_500] > by_size[50] + MOST_MORE}
    assert not more
