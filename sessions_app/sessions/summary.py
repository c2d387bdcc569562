"""The summary of a finished session or round: its answers, the levels that changed, and its cards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.sessions.gains import Known, known_sentence, thirds_between
from sessions_app.study.days import day_start, study_day
from sessions_app.study.modes import spaced
from sessions_app.study.types import Level, Verdict
from studysite.accounts.models import User

MOST_LINES = 100
"""Answers that a summary lists; of a longer session the last ones."""


@dataclass(frozen=True)
class Move:
    """How many questions reached ``level`` in the session, from below (``is_gain``) or from above."""

    level: Level
    count: int
    is_gain: bool

    @property
    def name(self) -> str:
        return "met" if self.level is Level.RECOGNISED else self.level.name.lower()


@dataclass(frozen=True)
class Summary:
    """A finished session: how many questions were ``answered``, how many of them ``right`` and how many ``new``.

    ``lines`` are its last reviews that were not voided, oldest first, with their cards. ``last`` is what was known
    in the session before, None without one. ``thirds`` is how far its questions came on the way to Learned.
    """

    answered: int
    right: int
    new: int
    moves: Sequence[Move]
    lines: Sequence[Review]
    last: Known | None = None
    thirds: int = 0

    @property
    def gained(self) -> str:
        """A sentence about what was known, against the session before."""
        return known_sentence(Known(self.right, self.answered), self.last)

    @property
    def missed_lines(self) -> list[Review]:
        return [line for line in self.lines if line.verdict == Verdict.WRONG]

    @property
    def other_lines(self) -> list[Review]:
        return [line for line in self.lines if line.verdict != Verdict.WRONG]


@dataclass(frozen=True)
class RoundCard:
    """A question of a round: its levels ``before`` the round and ``now``, and whether it was ``missed``.

    ``side`` is what it asks for.
    """

    card: Card
    side: str
    before: Level
    now: Level
    missed: bool


@dataclass(frozen=True)
class Round:
    """A finished round of a session, with its questions in the order in which they were first asked."""

    number: int
    cards: Sequence[RoundCard]

    @property
    def missed_first(self) -> Sequence[RoundCard]:
        """The questions that were missed, then the others."""
        return sorted(self.cards, key=lambda card: not card.missed)

    @property
    def missed(self) -> int:
        """How many questions were missed."""
        return sum(card.missed for card in self.cards)

    @property
    def thirds(self) -> int:
        """How far its questions came on the way to Learned, in thirds of a question."""
        return sum(thirds_between(card.before, card.now) for card in self.cards)


def round_of(session: StudySession, number: int) -> Round | None:
    """The round with this ``number``, with today's levels; None if it has no answer that counts."""
    asked = session.steps.standing().exclude(answered_at=None).filter(round=number)
    steps = list(asked.select_related("card").defer("card__term", "card__definition").order_by("position"))
    first = {key_of(step): step for step in reversed(steps) if step.card}
    if not first:
        return None
    missed = {key_of(step) for step in steps if step.verdict == Verdict.WRONG}
    before = {key: step.level for key, step in reversed(first.items())}
    now = levels_now(session, [card for card, _ in first])
    cards = [
        RoundCard(card, key[1], Level(level), Level(now.get(key, level)), missed=key in missed)
        for key, level in before.items()
        if (card := first[key].card)
    ]
    return Round(number, cards)


def key_of(step: Step) -> tuple[int, str]:
    """The card and the side that the step asks about; 0 for a card that was erased."""
    return step.card_id or 0, step.question["side"]


def last_session(learner: User, enrollment: Enrollment, mode: str, *, now: datetime) -> Summary | None:
    """The learner's last session in this mode; None if it neither began nor ended today, or has no answer.

    A session from before the learner started over does not count.
    """
    sessions = learner.study_sessions.answered().filter(deck=enrollment.deck_id, mode=mode)
    is_todays = Q(study_day=study_day(now, learner.zone)) | Q(finished_at__gte=day_start(now, learner.zone))
    sessions = sessions.filter(is_todays).exclude(finished_at=None)
    session = sessions.order_by("-started_at").first()
    if session is None or enrollment.is_started_over_since(session):
        return None
    return summary_of(session, last=known_before(session, enrollment))


def known_before(session: StudySession, enrollment: Enrollment) -> Known | None:
    """What was known in the session of this mode and deck before; None without one since starting over."""
    earlier = session.learner.study_sessions.answered().filter(
        deck=session.deck_id, mode=session.mode, started_at__lt=session.started_at
    )
    before = earlier.exclude(finished_at=None).order_by("-started_at").first()
    if before is None or enrollment.is_started_over_since(before):
        return None
    answers = Review.objects.standing().filter(step__session=before)
    counts = answers.aggregate(right=Count("pk", filter=Q(verdict=Verdict.CORRECT)), answered=Count("pk"))
    return Known(**counts)


def summary_of(session: StudySession, *, last: Known | None = None) -> Summary | None:
    """The summary of the session, with today's levels; None if it has no answer that counts."""
    standing = Review.objects.standing().filter(step__session=session)
    answers = list(standing.in_order().values("card_id", "side", "verdict", "step__level", "step__origin"))
    if not answers:
        return None
    # The step of a card's first answer has the level that the card had at the start of the session.
    before = {(line["card_id"], line["side"]): line["step__level"] for line in reversed(answers)}
    lines = standing.select_related("card").defer("card__term", "card__definition")
    now = levels_now(session, [line["card_id"] for line in answers])
    return Summary(
        answered=len(answers),
        right=sum(line["verdict"] == Verdict.CORRECT for line in answers),
        new=sum(line["step__origin"] == spaced.NEW for line in answers),
        moves=moves_between(before, now),
        lines=list(lines.order_by("-reviewed_at", "-pk")[:MOST_LINES])[::-1],
        last=last,
        thirds=sum(thirds_between(level, now.get(key, level)) for key, level in before.items()),
    )


def levels_now(session: StudySession, cards: Iterable[int | None]) -> dict[tuple[int, str], int]:
    """The levels of the learner's cards, by card and side."""
    rows = CardProgress.objects.filter(learner=session.learner_id, card__in=set(cards))
    return {(card, side): level for card, side, level in rows.values_list("card_id", "side", "level")}


def moves_between(before: Mapping[tuple[Any, str], int], now: Mapping[tuple[int, str], int]) -> list[Move]:
    """How many questions changed to which level between ``before`` and ``now``: gains first, highest first."""
    counts = Counter(
        (now[key], now[key] > level) for key, level in before.items() if now.get(key, level) != level
    )
    moves = [Move(Level(level), count, is_gain) for (level, is_gain), count in counts.items()]
    return sorted(moves, key=lambda move: (move.is_gain, move.level), reverse=True)
