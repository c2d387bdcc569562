"""What the cards tell the rest of the site, which they do not know."""

from django.dispatch import Signal

# Sent by services.refresh_deck, inside its transaction, with ``deck``: cards were added, removed or moved.
cards_changed = Signal()
