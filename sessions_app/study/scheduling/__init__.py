"""FSRS and levels."""
