"""Data from study pages, found without parsing the whole page, because parsing would be timed too."""

import re


def open_step(page: str) -> int | None:
    """The step whose question is open; not the one before, which the form of "Undo" names."""
    return _step_in("answer-form", page)


def last_step(page: str) -> int | None:
    """The step whose answer the page offers to undo."""
    return _step_in("undo-form", page)


def _step_in(form: str, page: str) -> int | None:
    found = re.search(rf'id="{form}".*?name="step" value="(\d+)"', page, re.DOTALL)
    return int(found[1]) if found else None
