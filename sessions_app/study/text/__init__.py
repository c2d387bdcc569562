"""Texts made comparable."""
