"""The append-only log."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q

from cards.models import Card, Deck
from sessions_app.models.choices import (
    ANKI_CHOICE,
    EVIDENCE,
    JUDGES,
    KINDS,
    MAX_RESPONSE,
    MODE_CHOICES,
    RATINGS,
    SIDES,
    STATES,
    VERDICTS,
)
from sessions_app.models.session import Step
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.scheduling.types import Memory, Outcome
from sessions_app.study.types import Evidence, Kind, Rating, Side, State, Verdict


def scheduler_version() -> str:
    """The version whose rules are applied to a new review."""
    return fsrs_memory.VERSION


OUTCOME_FIELDS = tuple(each.name for each in fields(Outcome) if each.name not in ("since", "memory"))
"""Fields that a line has under the names of the engine's value."""

MEMORY_FIELDS = {each.name: f"memory_{each.name}" for each in fields(Memory)} | {"last_review": "memory_at"}
"""A line's field for each of the engine's memory."""


LINE_FIELDS = (*OUTCOME_FIELDS, "pk", "card_id", "deck_id", "counted_since", *MEMORY_FIELDS.values())
"""What a replay needs of a line."""


# A replay looks up five members for each line. To call the enum takes three times as long.
SIDES_OF = {str(member): member for member in Side}
KINDS_OF = {str(member): member for member in Kind}
EVIDENCE_OF = {str(member): member for member in Evidence}
VERDICTS_OF = {str(member): member for member in Verdict}
RATINGS_OF: dict[int | None, Rating | None] = {None: None, **{int(member): member for member in Rating}}


class Line(NamedTuple):
    """What a replay needs of a line of the log. To make its whole row would take as long as the replay."""

    pk: int
    card_id: int
    deck_id: int
    value: Outcome

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Line":
        """The line with these values of ``LINE_FIELDS``."""
        side, kind, evidence, verdict, rating, at, day, gap, gap_needed, pk, card, deck, since, *memory = row
        outcome = Outcome(
            side=SIDES_OF[side],
            kind=KINDS_OF[kind],
            evidence=EVIDENCE_OF[evidence],
            verdict=VERDICTS_OF[verdict],
            rating=RATINGS_OF[rating],
            reviewed_at=at,
            study_day=day,
            gap=gap,
            gap_needed=gap_needed,
            since=since,
            memory=memory_after(at, day, *memory),
        )
        return cls(pk, card, deck, outcome)

    @property
    def side(self) -> str:
        return self.value.side

    @property
    def reviewed_at(self) -> datetime:
        return self.value.reviewed_at

    @property
    def study_day(self) -> date:
        return self.value.study_day

    def outcome(self) -> Outcome:
        return self.value


def outcome_of(line: Any) -> Outcome:
    """A line of the log, stored or not, as the engine's value. It has the fields of a `Review`."""
    return Outcome(
        side=SIDES_OF[line.side],
        kind=KINDS_OF[line.kind],
        evidence=EVIDENCE_OF[line.evidence],
        verdict=VERDICTS_OF[line.verdict],
        rating=RATINGS_OF[line.rating],
        reviewed_at=line.reviewed_at,
        study_day=line.study_day,
        gap=line.gap,
        gap_needed=line.gap_needed,
        since=line.counted_since,
        memory=line.memory,
    )


def memory_after(
    reviewed_at: datetime,
    study_day: date,
    stability: float | None,
    difficulty: float | None,
    state: int | None,
    step: int | None,
    due: datetime | None,
    due_day: date | None,
    last_review: datetime | None,
    day: date | None,
) -> Memory | None:
    """The memory that another program computed for an answer, from the fields of its line; None without one."""
    if stability is None or difficulty is None or state is None or due is None:
        return None
    return Memory(
        stability=stability,
        difficulty=difficulty,
        state=State(state),
        step=step,
        due=due,
        due_day=due_day or day_of_old_line(reviewed_at, study_day, state, due),
        last_review=last_review or reviewed_at,
        day=day or study_day,
    )


def day_of_old_line(reviewed_at: datetime, study_day: date, state: int, due: datetime) -> date:
    """The day on which the memory of an old line is due; the time zone of its import is not known.

    A card in the review state was due at the beginning of a day. So the number of days that have begun between
    the answer and that instant is added to the day of the answer.
    """
    if state != State.REVIEW:
        return study_day
    return study_day - timedelta(days=(reviewed_at - due) // timedelta(days=1))


class ReviewQuerySet(models.QuerySet["Review"]):
    def standing(self) -> "ReviewQuerySet":
        """Reviews that count: not voided."""
        return self.filter(voided_at=None)

    def mistakes(self) -> "ReviewQuerySet":
        """Standing reviews in which another card's answer was given."""
        return self.standing().filter(mistaken_for__isnull=False)

    def in_order(self) -> "ReviewQuerySet":
        return self.order_by("reviewed_at", "pk")


class Review(models.Model):
    """One line of the append-only log: an answer about one card, with everything that a replay needs to know."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews", db_index=False
    )
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    # The card's deck at that time: the card may move, but a day's total belongs to the deck that was studied.
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.SET_NULL, null=True, related_name="reviews")
    mode = models.CharField(max_length=10, choices=[*MODE_CHOICES, ANKI_CHOICE])
    side = models.CharField(max_length=10, choices=SIDES)
    kind = models.CharField(max_length=10, choices=KINDS)
    evidence = models.CharField(max_length=11, choices=EVIDENCE)
    verdict = models.CharField(max_length=7, choices=VERDICTS)
    rating = models.PositiveSmallIntegerField(choices=RATINGS, null=True)
    judged_by = models.CharField(
        max_length=7,
        choices=JUDGES,
        blank=True,
        default="",
        help_text="Whose word the verdict is; empty on old lines, which count as the learner's own word.",
    )
    response = models.CharField(max_length=MAX_RESPONSE, blank=True)
    mistaken_for = models.ForeignKey(
        Card,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The card whose answer was given instead.",
    )
    overridden = models.ForeignKey(
        "sessions_app.OverriddenAnswer",
        on_delete=models.SET_NULL,
        null=True,
        related_name="reviews",
        db_index=False,
        help_text="The answer that the learner called right although the judge did not.",
    )
    elapsed_ms = models.PositiveIntegerField(
        null=True, help_text="From the question's drawing to its answer."
    )
    reviewed_at = models.DateTimeField()
    study_day = models.DateField()
    gap = models.PositiveSmallIntegerField(null=True)
    gap_needed = models.PositiveSmallIntegerField(default=0)
    counted_since = models.DateTimeField(
        null=True,
        help_text="The start-over or change of question that was in force: nothing before it counted.",
    )
    scheduler = models.CharField(max_length=20, default=scheduler_version)
    # The memory that another program computed for an imported answer: all fields, or none.
    memory_stability = models.FloatField(null=True)
    memory_difficulty = models.FloatField(null=True)
    memory_state = models.PositiveSmallIntegerField(choices=STATES, null=True)
    memory_step = models.PositiveSmallIntegerField(null=True)
    memory_due = models.DateTimeField(null=True)
    # By the learner's own calendar; lines of earlier versions have none.
    memory_due_day = models.DateField(null=True)
    memory_at = models.DateTimeField(null=True, help_text="When that memory was last fed.")
    memory_day = models.DateField(null=True, help_text="The study day on which that memory was last fed.")
    voided_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step", "card"],
                condition=Q(voided_at=None, step__isnull=False),
                name="review_once_per_step",
            ),
            models.CheckConstraint(condition=Q(evidence__in=list(Evidence)), name="review_evidence_known"),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__in=list(Rating)), name="review_rating_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    memory_stability=None,
                    memory_difficulty=None,
                    memory_state=None,
                    memory_step=None,
                    memory_due=None,
                )
                | Q(
                    memory_stability__gt=0,
                    memory_difficulty__gte=1,
                    memory_difficulty__lte=10,
                    memory_state__in=list(State),
                    memory_due__isnull=False,
                ),
                name="review_memory_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "reviewed_at"], name="review_by_time"),
            models.Index(fields=["card", "learner", "reviewed_at"], name="review_by_card"),
            models.Index(
                fields=["mistaken_for"],
                condition=Q(mistaken_for__isnull=False),
                name="review_mistaken_for",
            ),
            # Few answers are another card's, and a page of a deck looks for a learner's.
            models.Index(
                fields=["learner", "card", "mistaken_for"],
                condition=Q(mistaken_for__isnull=False, voided_at=None),
                name="review_mistakes",
            ),
            models.Index(
                fields=["overridden"],
                condition=Q(overridden__isnull=False),
                name="review_overridden",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.verdict} {self.reviewed_at:%d %b %Y %H:%M}"

    def outcome(self) -> Outcome:
        return outcome_of(self)

    @property
    def memory(self) -> Memory | None:
        """The memory after this line as another program computed it; None if the scheduler here computes it."""
        values = [getattr(self, name) for name in MEMORY_FIELDS.values()]
        return memory_after(self.reviewed_at, self.study_day, *values)

    def set_memory(self, memory: Memory | None) -> None:
        """Store the memory after this line; None leaves it to the scheduler."""
        for of, name in MEMORY_FIELDS.items():
            setattr(self, name, memory and getattr(memory, of))
