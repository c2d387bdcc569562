"""A file becomes a deck, in steps that can be resumed."""
