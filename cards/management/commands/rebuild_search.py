"""Cuts the words of cards, decks and tags again, and makes the search indexes anew."""

from typing import Any

from django.core.management.base import BaseCommand

from cards.models import Card, Deck, Tag
from cards.searching.filling import fill_words
from cards.searching.index import create_indexes, rebuild_indexes


class Command(BaseCommand):
    help = "Makes the search indexes anew, after loaddata or if a search misses something."

    def handle(self, *args: Any, **options: Any) -> None:
        create_indexes()
        changed = sum(fill_words(model) for model in (Card, Deck, Tag))
        rebuild_indexes()
        self.stdout.write(f"{changed:,} rows have new words, and the search indexes are made anew.")
