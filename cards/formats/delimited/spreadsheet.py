"""Cells that a spreadsheet could run as formulas: guarded in exports, and unguarded in imports. Pure.

The signs: https://owasp.org/www-community/attacks/CSV_Injection
"""

import unicodedata

GUARD = "'"
ENDS = ("\t", "\r", "\n")
"""Characters that may end a cell or a row, so that what follows begins a cell."""

SIGNS = frozenset("=+-@")
UNSEEN_KINDS = frozenset(("Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs"))
"""Categories of what a program may skip at the start of a cell: blanks, format characters, lone marks."""

UNSEEN_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters of other categories that show nothing."""


def guarded(cell: str) -> str:
    """``cell``, with an apostrophe before it if a spreadsheet could run it."""
    return GUARD + cell if is_dangerous(cell) else cell


def unguarded(cell: str) -> str:
    """The cell from which `guarded` made ``cell``."""
    return cell[1:] if cell.startswith(GUARD) and is_dangerous(cell) else cell


def is_dangerous(cell: str) -> bool:
    """Whether a formula may begin in ``cell``, after blanks and characters that show nothing.

    Guards before it change nothing: a cell that begins with guards gets one more, so that removing one is always
    right.
    """
    rest = cell.lstrip(GUARD)
    return rest.startswith(ENDS) or is_sign(next((letter for letter in rest if not is_unseen(letter)), ""))


def is_sign(letter: str) -> bool:
    """Whether it is a sign that begins a formula, or a wide, small, raised or lowered form of one."""
    return unicodedata.normalize("NFKC", letter) in SIGNS


def is_unseen(letter: str) -> bool:
    return letter in UNSEEN_LETTERS or unicodedata.category(letter) in UNSEEN_KINDS
