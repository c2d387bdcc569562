"""A learner's history in Anki -> lines of their log; the last line of a card has Anki's memory of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from cards.formats.types import ParsedCard, PastReview, Schedule
from cards.hooks import LearnerHistory
from cards.models import Deck
from sessions_app.models import ANKI, Enrollment, Review
from sessions_app.review_log.importing import CardFlags, CardHistory, in_order
from sessions_app.study import days
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.fsrs_memory import MAX_RETENTION, MIN_RETENTION
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, State, Verdict
from studysite.accounts.models import User

STATES = {"learning": State.LEARNING, "review": State.REVIEW, "relearning": State.RELEARNING}
MIN_STABILITY, DEFAULT_DIFFICULTY = 0.1, 5.0
"""In days, and from 1 to 10: for cards that Anki scheduled without FSRS."""

MAX_ELAPSED_MS = 3_600_000
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)


class AnkiHistories:
    """The histories of a collection's cards. ``keys`` leads from the cards' keys to their primary keys."""

    def __init__(
        self,
        history: LearnerHistory,
        *,
        deck: Deck,
        learner: User,
        keys: Mapping[str, int],
        now: datetime,
    ) -> None:
        self.history, self.deck, self.learner, self.keys, self.now = history, deck, learner, keys, now
        self.zone = learner.zone
        self.gap_needed = progress.gap_needed(deck.card_count)

    def __iter__(self) -> Iterator[CardHistory]:
        for each in self.history:
            if each.card:
                yield self.of(each.card, self.keys[each.key], each.number)

    def of(self, card: ParsedCard, pk: int, place: int) -> CardHistory:
        lines = [self.line(pk, one) for one in card.reviews if one.reviewed_at <= self.now]
        history = CardHistory(pk, lines, place=place)
        for schedule in card.schedules:
            self.add_schedule(history, schedule)
            flags = CardFlags(
                starred=card.starred,
                suspended=schedule.suspended,
                buried_until=days.day_end(days.study_day(self.now, self.zone), self.zone)
                if schedule.buried
                else None,
            )
            if flags != CardFlags():
                history.flags[schedule.side] = flags
        return history

    def add_schedule(self, history: CardHistory, schedule: Schedule) -> None:
        """Store the memory on the last line of its side; without a line, on a new one for a right recall."""
        history.lines = in_order(history.lines)
        state = STATES.get(schedule.state)
        if state is None:
            return
        lines = [line for line in history.lines if line.side == schedule.side]
        if not lines:
            if state is State.LEARNING or not (at := self.last_recall(schedule)):
                return
            lines = [self.recalled(history.card_id, schedule.side, at)]
            history.lines.append(lines[0])
        last = min(schedule.last_review or lines[-1].reviewed_at, self.now)
        lines[-1].set_memory(self.memory(schedule, state, last.astimezone(UTC)))

    def memory(self, schedule: Schedule, state: State, last: datetime) -> Memory:
        """Anki's memory, last updated at ``last``. The line may be a later cram, which does not update it."""
        stability = schedule.stability or max(float(schedule.interval_days), MIN_STABILITY)
        difficulty = min(max(schedule.difficulty or DEFAULT_DIFFICULTY, 1.0), 10.0)
        step = None if state is State.REVIEW else 0
        due = self.due(schedule) or last + timedelta(days=min(schedule.interval_days, 36_500))
        return Memory(
            stability=stability,
            difficulty=difficulty,
            state=state,
            step=step,
            due=due,
            due_day=days.study_day(due, self.zone),
            last_review=last,
            day=days.study_day(last, self.zone),
        )

    def due(self, schedule: Schedule) -> datetime | None:
        """The instant from which the card is due; for a due day, its beginning."""
        if schedule.due_at and schedule.due_at.date() < LAST_DAY:
            return schedule.due_at
        if schedule.due_day is None or not FIRST_DAY <= schedule.due_day < LAST_DAY:
            return None
        return days.day_end(schedule.due_day - timedelta(days=1), self.zone)

    def last_recall(self, schedule: Schedule) -> datetime | None:
        """When a card was last recalled, for a card without answers in the file."""
        at = schedule.last_review
        if at is None and (due := self.due(schedule)):
            at = due - timedelta(days=min(schedule.interval_days, 3_650))
        return at and min(at, self.now)

    def line(self, card: int, past: PastReview) -> Review:
        right = past.rating > Rating.AGAIN
        line = self.recalled(card, past.side, past.reviewed_at)
        line.verdict = Verdict.CORRECT if right else Verdict.WRONG
        line.rating, line.elapsed_ms = past.rating, min(past.elapsed_ms, MAX_ELAPSED_MS)
        return line

    def recalled(self, card: int, side: str, at: datetime) -> Review:
        return Review(
            learner=self.learner,
            card_id=card,
            deck=self.deck,
            mode=ANKI,
            side=side,
            kind=Kind.FLIP,
            evidence=Evidence.RECALL,
            verdict=Verdict.CORRECT,
            judged_by=JudgedBy.LEARNER,
            reviewed_at=at.astimezone(UTC),
            study_day=days.study_day(at, self.zone),
            gap_needed=self.gap_needed,
            scheduler=ANKI,
        )

    def read_settings(self, enrollment: Enrollment) -> None:
        """Set the desired retention of the first deck of the collection that has one."""
        retentions = (deck.retention for deck in self.history.decks if deck.retention)
        if retention := next(retentions, None):
            enrollment.retention = min(max(retention, MIN_RETENTION), MAX_RETENTION)
