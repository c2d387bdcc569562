"""Pages of long lists that are read in one query."""

import pytest
from django.core.paginator import Paginator

from cards.models import Deck
from studysite.queries.paging import OneQueryPaginator

pytestmark = pytest.mark.django_db

NUMBERS = [None, "", "1", "2", "3", "4", "0", "-1", "x", "²", "9" * 5_000, "1.5", "\x00", 2, 0, -1]


@pytest.mark.parametrize("rows", [0, 3, 6, 7])
def test_equals_pages_of_django(owner, rows):
    Deck.objects.bulk_create(Deck(owner=owner, title=f"{n}", slug=f"d{n}") for n in range(rows))
    decks = Deck.objects.select_related("owner").order_by("title")
    for number in NUMBERS:
        page, usual = OneQueryPaginator(decks, 3).get_page(number), Paginator(decks, 3).get_page(number)
        assert list(page) == list(usual), number
        assert page.number == usual.number
        assert page.paginator.num_pages == usual.paginator.num_pages
        assert (page.has_next(), page.has_previous()) == (usual.has_next(), usual.has_previous())


def test_one_query(owner, django_assert_num_queries):
    Deck.objects.bulk_create(Deck(owner=owner, title=f"{n}", slug=f"d{n}") for n in range(7))
    with django_assert_num_queries(1):
        page = OneQueryPaginator(Deck.objects.order_by("title"), 3).get_page("2")
        assert (len(page), page.paginator.num_pages) == (3, 3)
