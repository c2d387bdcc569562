"""Stored questions and boards without the texts of some cards; everything else in them stays.

They can still be read as `types.Question` and `modes.matching.Board`: each text is replaced, and lists whose
places mean something keep their length.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any

Stored = Mapping[str, Any]


def question_without(
    question: Stored, cards: Collection[int], texts: Collection[str], said: str
) -> dict[str, Any]:
    """``question`` with ``said`` in place of the texts of ``cards``.

    The answers that a typed one is compared with are stored without their cards: those that are among ``texts``,
    the texts of ``cards``, are removed.
    """
    is_about = question["card"] in cards
    new = dict(question)
    if is_about:
        new |= {name: said for name in ("prompt", "answer") if question[name]}
        new.pop("accepted", None)
    # An option without a card (0) was written by the owner of the card that is asked.
    hidden = {*cards, 0} if is_about else cards
    owners_by_name = {"options": _option_owners(question), "prompts": question.get("cards", ())}
    for name, owners in owners_by_name.items():
        if name in question:
            new[name] = _said_by(question[name], owners, hidden, said)
    for name in ("others", "twins"):
        if name in question:
            new[name] = [text for text in question[name] if text not in texts]
    return new


def board_without(board: Stored, cards: Collection[int], said: str) -> dict[str, Any]:
    """``board`` with ``said`` in place of both sides of ``cards``."""
    definitions = list(board["definitions"])
    for card, place in zip(board["cards"], board["key"], strict=True):
        if card in cards:
            definitions[place] = said
    return {
        **board,
        "terms": _said_by(board["terms"], board["cards"], cards, said),
        "definitions": definitions,
    }


def _option_owners(question: Stored) -> list[int | None]:
    """The card of each option, if it is stored; for the right one the asked card, whoever has the same answer."""
    right = question["answer"]
    known = zip_longest(question.get("options", ()), question.get("option_cards", ()))
    return [question["card"] if right and text == right else owner for text, owner in known]


def _said_by(
    texts: Sequence[str], owners: Sequence[int | None], hidden: Collection[int], said: str
) -> list[str]:
    """``texts`` with ``said`` for those whose owner is in ``hidden``; a text whose owner is not stored stays."""
    known = [*owners, *[None] * (len(texts) - len(owners))]
    return [said if owner in hidden else text for text, owner in zip(texts, known, strict=True)]
