"""What a finished session came to: its answers, what moved, and the cards one by one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, Review, StudySession
from sessions_app.study.days import day_start, study_day
from sessions_app.study.modes import spaced
from sessions_app.study.types import Level, Verdict
from studysite.accounts.models import User

# Cards that are listed; of a longer sitting the last ones.
MOST_LINES = 100


@dataclass(frozen=True)
class Move:
    """So many cards have come to ``level`` in the session: up to it, or back to it."""

    level: Level
    count: int
    is_gain: bool

    @property
    def name(self) -> str:
        return self.level.name.capitalize()


@dataclass(frozen=True)
class Summary:
    """What a finished session came to. ``lines`` are its standing reviews, oldest first, with their cards."""

    answered: int
    right: int
    new: int
    moves: Sequence[Move]
    lines: Sequence[Review]


@dataclass(frozen=True)
class RoundCard:
    """A card of a round: where it stood ``before`` and stands ``now``, and whether it was ``missed`` in it."""

    card: Card
    before: Level
    now: Level
    missed: bool


@dataclass(frozen=True)
class Round:
    """What a round of a session came to, card by card in the order in which they were asked first."""

    number: int
    cards: Sequence[RoundCard]
    moves: Sequence[Move]

    @property
    def missed(self) -> int:
        return sum(one.missed for one in self.cards)


def round_of(session: StudySession, number: int) -> Round | None:
    """What a round of the session came to as things stand now; None where no answer of it stands."""
    asked = session.steps.standing().exclude(answered_at=None).filter(question__round=number)
    steps = list(asked.select_related("card").defer("card__term", "card__definition").order_by("position"))
    first = {step.card.pk: step for step in reversed(steps) if step.card}
    if not first:
        return None
    missed = {step.card_id for step in steps if step.verdict == Verdict.WRONG}
    before = {(pk, step.question["side"]): step.level for pk, step in reversed(first.items())}
    now = levels_now(session, first)
    cards = [
        RoundCard(card, Level(level), Level(now.get(key, level)), missed=card.pk in missed)
        for key, level in before.items()
        if (card := first[key[0]].card)
    ]
    return Round(number, cards, moves_between(before, now))


def last_session(learner: User, enrollment: Enrollment, mode: str, *, now: datetime) -> Summary | None:
    """The learner's last session in this mode, if it began or ended today and something is answered in it.

    A session before she started over is none.
    """
    sessions = learner.study_sessions.answered().filter(deck=enrollment.deck_id, mode=mode)
    is_todays = Q(study_day=study_day(now, learner.zone)) | Q(finished_at__gte=day_start(now, learner.zone))
    sessions = sessions.filter(is_todays).exclude(finished_at=None)
    session = sessions.order_by("-started_at").first()
    if session is None or enrollment.is_started_over_since(session):
        return None
    return summary_of(session)


def summary_of(session: StudySession) -> Summary | None:
    """What the session came to as things stand now; None where no answer of it stands."""
    standing = Review.objects.standing().filter(step__session=session)
    answers = list(standing.in_order().values("card_id", "side", "verdict", "step__level", "step__origin"))
    if not answers:
        return None
    # The step of a card's first answer knows at which level the card came into the session.
    before = {(line["card_id"], line["side"]): line["step__level"] for line in reversed(answers)}
    lines = standing.select_related("card").defer("card__term", "card__definition")
    return Summary(
        answered=len(answers),
        right=sum(line["verdict"] == Verdict.CORRECT for line in answers),
        new=sum(line["step__origin"] == spaced.NEW for line in answers),
        moves=moves_between(before, levels_now(session, [line["card_id"] for line in answers])),
        lines=list(lines.order_by("-reviewed_at", "-pk")[:MOST_LINES])[::-1],
    )


def levels_now(session: StudySession, cards: Iterable[int | None]) -> dict[tuple[int, str], int]:
    """Where the learner's cards stand, by card and side."""
    rows = CardProgress.objects.filter(learner=session.learner_id, card__in=set(cards))
    return {(card, side): level for card, side, level in rows.values_list("card_id", "side", "level")}


def moves_between(before: Mapping[tuple[Any, str], int], now: Mapping[tuple[int, str], int]) -> list[Move]:
    """How many cards have come to which level since they stood at those of ``before``; gains first."""
    counts = Counter(
        (now[key], now[key] > level) for key, level in before.items() if now.get(key, level) != level
    )
    moves = [Move(Level(level), count, is_gain) for (level, is_gain), count in counts.items()]
    return sorted(moves, key=lambda move: (move.is_gain, move.level), reverse=True)
