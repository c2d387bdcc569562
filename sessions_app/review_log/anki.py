"""A learner's history in Anki -> lines of their log, and Anki's memory of each card after its last answer."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from cards.formats.types import ParsedCard, PastReview, Schedule
from cards.hooks import LearnerHistory
from cards.models import Deck
from sessions_app.models import ANKI, Enrollment
from sessions_app.review_log.imported_lines import ImportedLine
from sessions_app.review_log.importing import CardFlags, CardHistory, in_order
from sessions_app.study import days
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.fsrs_memory import MAX_RETENTION, MIN_RETENTION
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, State, Verdict
from studysite.accounts.models import User

STATES = {"learning": State.LEARNING, "review": State.REVIEW, "relearning": State.RELEARNING}
CRAM = "cram"
MIN_STABILITY, DEFAULT_DIFFICULTY = 0.1, 5.0
"""In days, and from 1 to 10: for cards that Anki scheduled without FSRS."""

MAX_ELAPSED_MS = 3_600_000
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)

RIGHT, WRONG = Verdict.CORRECT.value, Verdict.WRONG.value
FLIP, LEARNER = Kind.FLIP.value, JudgedBy.LEARNER.value
RECALL, RECOGNITION, PRACTICE = (
    evidence.value for evidence in (Evidence.RECALL, Evidence.RECOGNITION, Evidence.PRACTICE)
)


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
        history = CardHistory(pk, in_order(lines), place=place)
        for schedule in card.schedules:
            history.flags[schedule.side] = CardFlags(
                starred=card.starred,
                suspended=schedule.suspended,
                buried_until=days.day_end(days.study_day(self.now, self.zone), self.zone)
                if schedule.buried
                else None,
                reset_at=schedule.reset_at and min(schedule.reset_at, self.now),
                follows=True,
            )
            self.add_memory(history, schedule)
        return history

    def add_memory(self, history: CardHistory, schedule: Schedule) -> None:
        """Add Anki's memory of a side, and a line for it if the file has no recall of this side that counts."""
        state = STATES.get(schedule.state)
        if state is None:
            return
        reset_at = history.reset_at(schedule.side)
        last = history.last_recall(schedule.side)
        if last is None:
            if state is State.LEARNING or not (at := self.last_recall(schedule)):
                return
            day = schedule.last_day if schedule.last_review == at else None
            last = self.recalled(history.card_id, schedule.side, at, day)
            if reset_at and at < reset_at:
                last = self.recalled(history.card_id, schedule.side, reset_at, None)
            if schedule.stability is None and (reset_at or not schedule.reps):
                # A new card that was given a due date. Its line shows no recall, and only holds the memory.
                last.evidence = RECOGNITION
            history.stand_ins[schedule.side] = last
        history.memories[schedule.side] = self.memory(schedule, state, last)

    def memory(self, schedule: Schedule, state: State, last: ImportedLine) -> Memory:
        """Anki's memory, dated by the card's own last review; an older Anki does not store it beside the card."""
        at, day = last.reviewed_at, last.study_day
        if schedule.last_review:
            at = min(schedule.last_review, self.now).astimezone(UTC)
            day = schedule.last_day or days.study_day(at, self.zone)
        due = self.due(schedule) or at + timedelta(days=min(schedule.interval_days, 36_500))
        due_day = days.study_day(due, self.zone)
        # Without FSRS, and for a card that was never answered, without an interval.
        interval = schedule.interval_days or (due_day - day).days
        return Memory(
            stability=schedule.stability or max(float(interval), MIN_STABILITY),
            difficulty=min(max(schedule.difficulty or DEFAULT_DIFFICULTY, 1.0), 10.0),
            state=state,
            step=None if state is State.REVIEW else 0,
            due=due,
            due_day=due_day,
            last_review=at,
            day=day,
        )

    def due(self, schedule: Schedule, *, days_before: int = 0) -> datetime | None:
        """The instant from which the card is due, or so many days before it. For a due day, its beginning."""
        if schedule.due_at and schedule.due_at.date() < LAST_DAY:
            return schedule.due_at - timedelta(days=days_before)
        if schedule.due_day is None or not FIRST_DAY <= schedule.due_day < LAST_DAY:
            return None
        # Days of the learner's zone, which may have changed its clocks in the meantime.
        return days.day_end(schedule.due_day - timedelta(days=days_before + 1), self.zone)

    def last_recall(self, schedule: Schedule) -> datetime | None:
        """When a card was last recalled, for a card without answers in the file."""
        at = schedule.last_review
        if at is None:
            at = self.due(schedule, days_before=min(schedule.interval_days, 3_650))
        return at and min(at, self.now)

    def line(self, card: int, past: PastReview) -> ImportedLine:
        """The line of an answer. One that was given outside the schedule is practice (see `Evidence`)."""
        line = self.recalled(card, past.side, past.reviewed_at, past.study_day)
        line.verdict = RIGHT if past.rating > Rating.AGAIN else WRONG
        line.evidence = PRACTICE if past.kind == CRAM else RECALL
        line.rating, line.elapsed_ms = past.rating, min(past.elapsed_ms, MAX_ELAPSED_MS)
        line.counted_since = past.counted_since
        return line

    def recalled(self, card: int, side: str, at: datetime, day: date | None) -> ImportedLine:
        """The line of a right recall. Without a ``day`` of the file, it is the learner's study day."""
        return ImportedLine(
            learner_id=self.learner.pk,
            card_id=card,
            deck_id=self.deck.pk,
            mode=ANKI,
            side=side,
            kind=FLIP,
            evidence=RECALL,
            verdict=RIGHT,
            judged_by=LEARNER,
            reviewed_at=at,
            study_day=day or days.study_day(at, self.zone),
            gap_needed=self.gap_needed,
            scheduler=ANKI,
        )

    def read_settings(self, enrollment: Enrollment) -> None:
        """Set the desired retention of the file's deck with most of the imported cards that has one."""
        retentions = (deck.retention for deck in self.history.decks if deck.retention)
        if retention := next(retentions, None):
            enrollment.retention = min(max(retention, MIN_RETENTION), MAX_RETENTION)
