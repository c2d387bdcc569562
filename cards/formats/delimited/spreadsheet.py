"""Cells that a spreadsheet would take for formulas: guarded when they go out, and unguarded coming back. Pure.

The signs: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

GUARD = "'"
# A cell that has guards of its own gets one more, so that taking one away is always right.
DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guarded(cell: str) -> str:
    """``cell``, with an apostrophe before it where a spreadsheet could run it."""
    return GUARD + cell if DANGEROUS.match(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` made ``cell`` of."""
    return cell[1:] if cell.startswith(GUARD) and DANGEROUS.match(cell) else cell
