"""Cells that a spreadsheet could run as formulas: guarded in exports, and unguarded in imports. Pure.

The signs: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

GUARD = "'"
# A cell that begins with guards gets one more, so that removing one is always right.
DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guarded(cell: str) -> str:
    """``cell``, with an apostrophe before it if a spreadsheet could run it."""
    return GUARD + cell if DANGEROUS.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell from which `guarded` made ``cell``."""
    return cell[1:] if cell.startswith(GUARD) and DANGEROUS.match(cell) else cell
