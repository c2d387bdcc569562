"""A learner's settings for a deck, and guests."""
