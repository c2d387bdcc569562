"""Markdown + LaTeX -> safe HTML, once, when a card is saved."""

import html

MAX_SOURCE = 10_000


def render(source: str) -> str:
    return html.escape(source)
