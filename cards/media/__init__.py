"""Images of cards."""
