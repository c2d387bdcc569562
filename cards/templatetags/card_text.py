"""Filters for cards and decks: their stored HTML, and their counts in words."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from cards.models import Deck, SideChoice
from studysite.numbers import counted
from studysite.queries import counting

register = template.Library()
register.filter("capped", counting.capped)


@register.filter
def stored(html: str) -> SafeString:
    """A card's stored HTML: `cards.text.markdown` has made it safe when the card was saved."""
    return mark_safe(html)  # noqa: S308


@register.filter
def language_of(deck: Deck, side: str) -> str:
    """The language tag of the texts of ``side`` in ``deck``."""
    return deck.language_of(side)


@register.filter
def card_and_question_count(deck: Deck, side_choice: str = SideChoice.AUTO) -> str:
    """How many cards ``deck`` has, and how many questions if it has more of them: "46 cards, 92 questions".

    ``side_choice`` is what the learner has chosen for themself, if they study the deck.
    """
    cards, questions = deck.card_count, deck.question_count(side_choice)
    text = counted(cards, "card")
    return text if questions == cards else f"{text}, {counted(questions, 'question')}"
