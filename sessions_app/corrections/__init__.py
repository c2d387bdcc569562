"""Correcting a verdict or reporting a card, and the owner's decisions about that."""
