"""The module below holds it all; the next commit divides it."""

from cards.editing.card_forms import *  # noqa: F403
