"""Images beside the frozen texts of questions and boards.

A question stores texts only. Its images are read when it is shown, in one query for a page: they are the ones that
its cards have at that time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from cards.models import CardImage, Deck
from sessions_app.study.modes.matching import Board
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Side


class IllustratedText(str):
    """The text of a side, with the HTML of the ``images`` below it. Otherwise a string like any other."""

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
        """``text``, which is the ``side`` of that card, with the images of the side."""
        images = self.html.get((card, side.value))
        return IllustratedText.of(text, images) if images else text

    def on(self, question: Question) -> Question:
        """The question with images on its prompts, its answer and its options."""
        side, card = question.side, question.card_id
        owners = [
            # The right option gets the asked card's images, even if another card has the same answer.
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
    """The questions with the images of their cards, which are in ``deck``."""
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
    """The board with the images of its cards, which are in ``deck``."""
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
