"""Numbers in what a browser sends, and in what pages say."""

MAX_KEY = 2**63 - 1
"""The largest primary key: SQLite and PostgreSQL count no further, and raise an error for more."""


def whole_number(text: str, *, most: int = MAX_KEY) -> int | None:
    """Return what is sent as a number from 0 to ``most``; None for any other text, and for a larger one.

    In digits from 0 to 9 alone: `str.isdigit` is also true of a raised two, which `int` refuses, as it refuses
    more than 4,300 digits.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if number <= most else None


def counted(number: int, noun: str) -> str:
    """The number with its noun in the singular or the plural: "1 card", "1,200 cards"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
