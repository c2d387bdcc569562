"""Addresses of the decks' content."""

urlpatterns: list = []
