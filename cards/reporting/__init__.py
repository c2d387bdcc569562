"""Learners' reports on cards."""
