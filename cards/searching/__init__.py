"""Finding cards, decks and tags by words (docs/search.md)."""
