"""Matching: pairs against the clock."""
