"""The admin of people: it registers itself."""

from studysite.accounts.admin import people

__all__ = ["people"]
