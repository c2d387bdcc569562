"""Workbooks of Excel (.xlsx) with a card in each row."""
