"""Asking for a card in a question of a kind: which kinds it can be asked in, and the question itself."""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from sessions_app.study import distractors
from sessions_app.study.distractors.twins import twins_of
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.types import Kind, Side, StudyCard

MOST_TYPED_WORDS = 5
OPTIONS = 4
# Dollars that touch a formula on the inside; "$5 and $10" is money.
FORMULA = re.compile(r"\$\$?(?=\S)[^$]*\S\$|\$\S\$")
# So many other answers are kept beside a typed one: those nearest in length, for which it could be taken.
MOST_OTHERS = 60
LONGEST_OTHER = 200


def can_be_typed(card: StudyCard) -> bool:
    """Whether the answer can be asked for letter by letter: short and no formula, or with accepted answers."""
    answer = card.text(card.side)
    if not answer.strip():
        return False
    is_short = len(answer.split()) <= MOST_TYPED_WORDS and not FORMULA.search(answer)
    return is_short or bool(card.accepted(card.side))


def ask(kind: Kind, around: CardPool, rng: Random, *, origin: str, strict: bool = False) -> Question | None:
    """A question of ``kind`` about the card; None where the card cannot be asked so."""
    card = around.card
    plain = Question(
        kind=kind,
        card_id=card.id,
        side=card.side,
        prompt=card.text(card.side.other),
        answer=card.text(card.side),
        origin=origin,
    )
    if kind is Kind.CHOICE:
        return _choice(plain, around, rng)
    if kind is Kind.TRUE_FALSE:
        return _true_false(plain, around, rng)
    if kind is Kind.TYPED:
        return _typed(plain, around, strict=strict) if can_be_typed(card) else None
    return plain


def _choice(question: Question, around: CardPool, rng: Random) -> Question | None:
    card = around.card
    options = distractors.options(card, around.deck, count=OPTIONS - 1, rng=rng, confusions=around.confusions)
    if not options:
        return None
    return replace(question, options=options, option_cards=_owners(options, around.deck, card.side))


def _true_false(question: Question, around: CardPool, rng: Random) -> Question | None:
    stated = distractors.statement(around.card, around.deck, rng=rng, confusions=around.confusions)
    if stated is None:
        return None
    options = stated[:1]
    return replace(question, options=options, option_cards=_owners(options, around.deck, question.side))


def _typed(question: Question, around: CardPool, *, strict: bool) -> Question:
    card, side = around.card, around.card.side
    twins = twins_of(card, around.deck)
    mine = {text.strip().casefold() for text in (question.answer, *card.accepted(side))}
    others = dict.fromkeys(one.text(side) for one in around.deck if one.id not in {card.id, *twins})
    # A card of the same answer is no other answer.
    others = dict.fromkeys(text for text in others if text.strip().casefold() not in mine)
    near = sorted(others, key=lambda text: abs(len(text) - len(question.answer)))
    return replace(
        question,
        accepted=card.accepted(side),
        others=tuple(text for text in near[:MOST_OTHERS] if text and len(text) <= LONGEST_OTHER),
        twins=tuple(one.text(side) for one in around.deck if one.id in twins),
        strict=strict,
    )


def _owners(options: Sequence[str], deck: Sequence[StudyCard], side: Side) -> tuple[int, ...]:
    """For each option the card whose answer it is; 0 for one that an owner wrote."""
    return tuple(min(distractors.owner_of(text, deck, side), default=0) for text in options)
