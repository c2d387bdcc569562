"""Texts prepared for comparison: `normal` for all texts, other modules for numbers, dates, formulas and codes."""
