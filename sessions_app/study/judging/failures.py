"""Logging an error that was raised while texts were compared, without the texts."""

import logging
from collections import deque
from traceback import walk_tb

logger = logging.getLogger(__name__)
# The innermost calls that are logged; an endless recursion has a thousand.
MOST_CALLS = 12


def log_failure(doing: str, error: Exception) -> None:
    """Log the error's type, and the file and line of its calls, the innermost first.

    Never log its message or its values: they contain what a learner typed.
    """
    calls = deque(walk_tb(error.__traceback__), maxlen=MOST_CALLS)
    places = " < ".join(f"{frame.f_code.co_filename}:{line}" for frame, line in reversed(calls))
    logger.error("%s failed: %s at %s", doing, type(error).__qualname__, places)
