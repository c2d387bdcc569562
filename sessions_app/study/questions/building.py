"""Making a question about a card, in any kind."""

from random import Random

from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.kinds.base import plain_question
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.types import Kind


def ask(kind: Kind, pool: CardPool, rng: Random, *, origin: str, strict: bool = False) -> Question | None:
    """A question of ``kind`` about the pool's card; None if the card cannot be asked in this way.

    ``origin`` is why the card was drawn, a word of the mode. ``strict`` forgives no slips in a typed answer.
    """
    if not KINDS[kind].can_ask(pool.card):
        return None
    return KINDS[kind].build(plain_question(kind, pool.card, origin), pool, rng, strict=strict)
