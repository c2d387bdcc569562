"""Logging in and signing up."""
