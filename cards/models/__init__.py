"""The module below holds it all; the next commit divides it."""

from cards.models.card import *  # noqa: F403
