"""Frozen texts with the images of the cards that they were taken from.

A question keeps texts alone. Its images are looked up when it is shown, by its cards, in one query for a page:
they are those that the cards have now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from cards.models import CardImage, Deck
from sessions_app.study.modes.matching import Board
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Side


class IllustratedText(str):
    """A side's text; ``images`` is the HTML of what stands below it. In all else it is the text."""

    images = ""

    @classmethod
    def of(cls, text: str, images: str) -> Self:
        made = cls(text)
        made.images = images
        return made


class Images:
    """The images of some cards' sides, as HTML."""

    def __init__(self, cards: Iterable[int]) -> None:
        self.html: dict[tuple[int, str], str] = {}
        for image in CardImage.objects.filter(card__in=set(cards)):
            key = (image.card_id, image.side)
            self.html[key] = self.html.get(key, "") + image.stored.html

    def beside(self, text: str, card: int, side: Side) -> str:
        """``text``, which is that card's ``side``, with its images."""
        images = self.html.get((card, side.value))
        return IllustratedText.of(text, images) if images else text

    def on(self, question: Question) -> Question:
        """The question with images on its prompts, its answer and its options."""
        side, card = question.side, question.card_id
        owners = [
            # An answer that another card has too is the asked card's here.
            card if text == question.answer and card else owner
            for text, owner in zip(question.options, question.option_cards, strict=False)
        ]
        prompts = zip(question.prompts, question.cards, strict=True)
        options = zip(question.options, owners, strict=True) if owners else ()
        return replace(
            question,
            prompt=self.beside(question.prompt, card, side.other),
            answer=self.beside(question.answer, card, side),
            prompts=tuple(self.beside(text, owner, side.other) for text, owner in prompts),
            options=tuple(self.beside(text, owner, side) for text, owner in options) or question.options,
        )


def illustrated(questions: Sequence[Question], deck: Deck) -> list[Question]:
    """The questions of ``deck`` as they are shown, with their cards' images."""
    if not deck.has_images:
        return list(questions)
    cards = {
        card
        for question in questions
        for card in (question.card_id, *question.cards, *question.option_cards)
        if card
    }
    images = Images(cards)
    return [images.on(question) for question in questions]


def illustrated_board(board: Board, deck: Deck) -> Board:
    """The board of ``deck`` as it is shown, with its cards' images."""
    if not deck.has_images:
        return board
    images = Images(board.cards)
    owners = {place: card for card, place in zip(board.cards, board.key, strict=True)}
    return replace(
        board,
        terms=tuple(
            images.beside(text, card, Side.TERM) for text, card in zip(board.terms, board.cards, strict=True)
        ),
        definitions=tuple(
            images.beside(text, owners[place], Side.DEFINITION)
            for place, text in enumerate(board.definitions)
        ),
    )
