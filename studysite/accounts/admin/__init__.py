"""The admin for people; importing it registers it."""

from studysite.accounts.admin import people

__all__ = ["people"]
