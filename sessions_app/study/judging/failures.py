"""What is kept of an error while texts are compared: where it was raised, and nothing of the texts."""

import logging
from collections import deque
from traceback import walk_tb

logger = logging.getLogger(__name__)
# The innermost calls; an endless recursion has a thousand.
MOST_CALLS = 12


def log_failure(doing: str, error: Exception) -> None:
    """Log the error's type and its calls, file and line, the innermost first.

    Never its message or its values: both hold what a learner typed.
    """
    calls = deque(walk_tb(error.__traceback__), maxlen=MOST_CALLS)
    places = " < ".join(f"{frame.f_code.co_filename}:{line}" for frame, line in reversed(calls))
    logger.error("%s failed: %s at %s", doing, type(error).__qualname__, places)
