"""The append-only log of reviews, and the progress that follows from it."""
