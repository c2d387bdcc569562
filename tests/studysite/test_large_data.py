"""The large data that pages are measured with is as if the site had written it."""

import pytest
from django.db import connection
from django.test import Client

from cards.models import Card, Deck
from cards.text.markdown import render
from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.review_log import replaying
from sessions_app.study.types import Level
from studysite.accounts.models import User
from tests.load import large_data

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LEARNERS, CARDS, ROWS, LINES = 6, 800, 1_700, 1_720


@pytest.fixture
def _filled() -> None:
    large_data.make(learners=LEARNERS, cards=CARDS, progress=ROWS, reviews=LINES, sizes=[400, 340, 46, 14])


@pytest.mark.usefixtures("_filled")
def test_large_data_is_what_the_site_would_have_written(client: Client) -> None:
    counts = [rows.objects.count() for rows in (User, Card, CardProgress, Review)]
    assert counts == [LEARNERS, CARDS, ROWS, LINES]
    for enrollment in Enrollment.objects.select_related("deck"):
        before = enrollment.roll_up()
        # Also the progress, and the totals of the study days.
        assert replaying.rebuild(enrollment) == 0
        assert enrollment.roll_up() == before
    for deck in Deck.objects.all():
        assert list(deck.cards.in_order().values_list("position", flat=True)) == list(range(deck.card_count))
    card = Card.objects.latest("pk")
    html, side = (card.term_html, card.definition_html), card.studied_side
    card.prepare()
    assert (card.term_html, card.definition_html, card.studied_side) == (*html, side)
    assert html[0] == render(card.term)
    assert set(CardProgress.objects.values_list("level", flat=True)) == set(map(int, Level))
    assert Review.objects.mistakes().exists()
    connection.check_constraints()
    client.force_login(User.objects.earliest("pk"))
    first = Card.objects.earliest("pk")
    for path in ("/", "/decks/deck-400-1/", f"/decks/deck-400-1/cards/{first.pk}/"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"progress": 10_000}, "cannot have"),
        ({"reviews": 10}, "more reviews"),
        ({"sizes": [30]}, "add up"),
        ({"learners": 0}, "at least one"),
    ],
)
def test_large_data_refuses_numbers_that_do_not_fit(numbers: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        large_data.make(**{"learners": 2, "cards": 60, "progress": 80, "reviews": 80, **numbers})  # type: ignore[arg-type]


@pytest.mark.usefixtures("_filled")
def test_large_data_leaves_a_site_in_use_alone() -> None:
    with pytest.raises(ValueError, match="studied already"):
        large_data.make(learners=1, cards=1, progress=1, reviews=1)
