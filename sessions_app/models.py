"""Studying: enrollments, sessions and their steps, the append-only log, and what it adds up to."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Aggregate, Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from cards.models import Card, Deck, SideChoice
from sessions_app.study import memory as fsrs_memory
from sessions_app.study.modes import MODES
from sessions_app.study.progress import fades_at
from sessions_app.study.types import (
    Evidence,
    Kind,
    Level,
    Memory,
    Outcome,
    Progress,
    Rating,
    Side,
    State,
    Tally,
    Verdict,
)

SIDES = SideChoice.choices[1:]
MODE_CHOICES = [(mode.name, mode.title) for mode in MODES.values()]
EVIDENCE = [(evidence.value, evidence.name.capitalize()) for evidence in Evidence]
KINDS = [(kind.value, kind.name.replace("_", "/").capitalize()) for kind in Kind]
VERDICTS = [(verdict.value, verdict.name.capitalize()) for verdict in Verdict]
RATINGS = [(rating.value, rating.name.capitalize()) for rating in Rating]
LEVELS = [(level.value, level.name.capitalize()) for level in Level]
STATES = [(state.value, state.name.capitalize()) for state in State]

MAX_RESPONSE = 2_000
DEFAULT_NEW_PER_DAY = 20


def total(rows: models.QuerySet[Any], aggregate: Aggregate) -> Coalesce:
    """``aggregate`` over the rows of one learner, as a value beside an enrollment; 0 where there are none."""
    return Coalesce(Subquery(rows.order_by().values("learner").annotate(total=aggregate).values("total")), 0)


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def with_schedule(self, *, now: datetime, day_end: datetime, recalls_after: date) -> "EnrollmentQuerySet":
        """Annotate what the table shows and no roll-up can hold, because time alone changes it.

        ``due_count`` cards are due before ``day_end``, the next one after it at ``next_due``; ``fading_count``
        are fading at ``now``; ``recalls`` and ``recalls_right`` add up the study days after ``recalls_after``.
        """
        mine = {"learner": OuterRef("learner"), "deck": OuterRef("deck")}
        progress = CardProgress.objects.studied().filter(**mine)
        days = DayTotal.objects.filter(**mine, study_day__gt=recalls_after)
        return self.annotate(
            due_count=total(progress.filter(due__lt=day_end), Count("pk")),
            fading_count=total(progress.filter(fades_at__lte=now), Count("pk")),
            next_due=Subquery(progress.filter(due__gte=day_end).order_by("due").values("due")[:1]),
            recalls=total(days, Sum("recalls")),
            recalls_right=total(days, Sum("recalls_right")),
        )

    def with_used_modes(self) -> "EnrollmentQuerySet":
        """Annotate ``used_<mode>``: whether the learner has ever started a session in it."""
        sessions = StudySession.objects.filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
        return self.annotate(**{f"used_{mode}": Exists(sessions.filter(mode=mode)) for mode in MODES})

    def recount(self) -> int:
        """Count the roll-ups of these enrollments anew from the progress of their cards, in one statement."""
        progress = CardProgress.objects.studied().filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
        return self.update(
            recognised=total(progress.filter(level=Level.RECOGNISED), Count("pk")),
            recalled=total(progress.filter(level=Level.RECALLED), Count("pk")),
            learned=total(progress.filter(level=Level.LEARNED), Count("pk")),
            mastered=total(progress.filter(level=Level.MASTERED), Count("pk")),
            scheduled=total(progress.filter(due__isnull=False), Count("pk")),
        )


class Enrollment(models.Model):
    """One learner's relation to one deck: consent, settings, and the roll-up that the table reads.

    The roll-up counts the present cards by level, on the side that each asks for.
    """

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrollments", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="enrollments")
    shares_progress = models.BooleanField(
        default=False, help_text="The deck's owner sees this learner's row."
    )
    new_per_day = models.PositiveSmallIntegerField(
        default=DEFAULT_NEW_PER_DAY, validators=[MaxValueValidator(999)]
    )
    retention = models.FloatField(
        "desired retention",
        default=fsrs_memory.DEFAULT_RETENTION,
        validators=[
            MinValueValidator(fsrs_memory.MIN_RETENTION),
            MaxValueValidator(fsrs_memory.MAX_RETENTION),
        ],
        help_text="The probability of recall at which a card becomes due again.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_studied_at = models.DateTimeField(null=True, editable=False)
    recognised = models.PositiveIntegerField(default=0, editable=False)
    recalled = models.PositiveIntegerField(default=0, editable=False)
    learned = models.PositiveIntegerField(default=0, editable=False)
    mastered = models.PositiveIntegerField(default=0, editable=False)
    scheduled = models.PositiveIntegerField(default=0, editable=False)
    # Where to look for the next unseen card: none lies before. Of no worth once the deck's order has changed.
    unseen_from = models.PositiveIntegerField(default=0, editable=False)
    unseen_version = models.PositiveIntegerField(default=0, editable=False)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "deck"], name="enrollment_unique"),
            models.CheckConstraint(
                condition=Q(
                    retention__gte=fsrs_memory.MIN_RETENTION, retention__lte=fsrs_memory.MAX_RETENTION
                ),
                name="enrollment_retention_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner} in {self.deck}"

    def roll_up(self) -> dict[str, int]:
        """The counts that are derived from the log."""
        names = ("recognised", "recalled", "learned", "mastered", "scheduled")
        return {name: getattr(self, name) for name in names}


class StudySessionQuerySet(models.QuerySet["StudySession"]):
    def open(self) -> "StudySessionQuerySet":
        return self.filter(finished_at=None)


class StudySession(models.Model):
    """One sitting in one mode; at most one unfinished for each learner, deck and mode."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_sessions", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="study_sessions")
    mode = models.CharField(max_length=10, choices=MODE_CHOICES)
    settings = models.JSONField(default=dict)
    seed = models.PositiveIntegerField()
    study_day = models.DateField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StudySessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "deck", "mode"], condition=Q(finished_at=None), name="session_one_open"
            ),
        ]
        indexes = [models.Index(fields=["learner", "deck", "mode", "-started_at"], name="session_latest")]

    def __str__(self) -> str:
        return f"{self.learner}, {self.get_mode_display()}, {self.started_at:%d %b %Y %H:%M}"


class StepQuerySet(models.QuerySet["Step"]):
    def standing(self) -> "StepQuerySet":
        """Steps that count: not taken back."""
        return self.filter(retired_at=None)

    def unanswered(self) -> "StepQuerySet":
        return self.standing().filter(answered_at=None)


class Step(models.Model):
    """One question drawn in a session. The question is frozen: editing the card changes nothing here."""

    session = models.ForeignKey(StudySession, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveIntegerField()
    card = models.ForeignKey(Card, on_delete=models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=10)
    question = models.JSONField()
    response = models.CharField(max_length=MAX_RESPONSE, blank=True)
    verdict = models.CharField(max_length=7, choices=VERDICTS, blank=True)
    drawn_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="step_position_unique"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(answered_at=None, retired_at=None),
                name="step_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.position}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def standing(self) -> "ReviewQuerySet":
        """Reviews that count: not voided."""
        return self.filter(voided_at=None)

    def in_order(self) -> "ReviewQuerySet":
        return self.order_by("reviewed_at", "pk")


class Review(models.Model):
    """One line of the append-only log: what one response said about one card, and what was known only then."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews", db_index=False
    )
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.SET_NULL, null=True, related_name="reviews")
    mode = models.CharField(max_length=10, choices=MODE_CHOICES)
    side = models.CharField(max_length=10, choices=SIDES)
    kind = models.CharField(max_length=10, choices=KINDS)
    evidence = models.CharField(max_length=11, choices=EVIDENCE)
    verdict = models.CharField(max_length=7, choices=VERDICTS)
    rating = models.PositiveSmallIntegerField(choices=RATINGS, null=True)
    response = models.CharField(max_length=MAX_RESPONSE, blank=True)
    elapsed_ms = models.PositiveIntegerField(
        null=True, help_text="From the question's drawing to its answer."
    )
    reviewed_at = models.DateTimeField()
    study_day = models.DateField()
    gap = models.PositiveSmallIntegerField(null=True)
    gap_needed = models.PositiveSmallIntegerField(default=0)
    scheduler = models.CharField(max_length=20, default=fsrs_memory.VERSION)
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
        ]
        indexes = [
            models.Index(fields=["learner", "reviewed_at"], name="review_by_time"),
            models.Index(fields=["card", "learner", "reviewed_at"], name="review_by_card"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.verdict} {self.reviewed_at:%d %b %Y %H:%M}"

    def outcome(self) -> Outcome:
        """What this line says, as the engine reads it."""
        return Outcome(
            side=Side(self.side),
            kind=Kind(self.kind),
            evidence=Evidence(self.evidence),
            verdict=Verdict(self.verdict),
            rating=Rating(self.rating) if self.rating else None,
            reviewed_at=self.reviewed_at,
            study_day=self.study_day,
            gap=self.gap,
            gap_needed=self.gap_needed,
        )


class CardProgressQuerySet(models.QuerySet["CardProgress"]):
    def studied(self) -> "CardProgressQuerySet":
        """Progress on present cards, on the side that each card asks for."""
        return self.filter(card__removed_at=None, side=F("card__studied_side"))


class CardProgress(models.Model):
    """What the log adds up to for one learner and one side of a card. All of it can be computed again."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="+", db_index=False)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="progress")
    side = models.CharField(max_length=10, choices=SIDES)
    level = models.PositiveSmallIntegerField(choices=LEVELS, default=Level.NEW)
    peak = models.PositiveSmallIntegerField(choices=LEVELS, default=Level.NEW)
    recalls = models.PositiveIntegerField(default=0)
    misses = models.PositiveIntegerField(default=0)
    lapses = models.PositiveIntegerField(default=0)
    recall_days = models.PositiveIntegerField(default=0)
    last_recall_day = models.DateField(null=True)
    last_miss_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    last_reviewed_at = models.DateTimeField(null=True)
    stability = models.FloatField(null=True, help_text="Days until recall falls to 90 %.")
    difficulty = models.FloatField(null=True)
    state = models.PositiveSmallIntegerField(choices=STATES, null=True)
    learning_step = models.PositiveSmallIntegerField(null=True)
    due = models.DateTimeField(null=True)
    last_recalled_at = models.DateTimeField(null=True, help_text="The memory's last review.")
    fades_at = models.DateTimeField(null=True)

    objects = CardProgressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "card progress"
        constraints = [
            models.UniqueConstraint(fields=["learner", "card", "side"], name="progress_unique"),
            models.CheckConstraint(
                condition=Q(stability=None, difficulty=None, state=None, due=None, last_recalled_at=None)
                | Q(
                    stability__gt=0,
                    difficulty__gte=1,
                    difficulty__lte=10,
                    state__in=list(State),
                    due__isnull=False,
                    last_recalled_at__isnull=False,
                ),
                name="progress_memory_whole",
            ),
            models.CheckConstraint(
                condition=Q(learning_step=None) | Q(state__in=[State.LEARNING, State.RELEARNING]),
                name="progress_step_in_learning",
            ),
            models.CheckConstraint(condition=Q(level__lte=F("peak")), name="progress_level_at_most_peak"),
        ]
        indexes = [
            models.Index(fields=["learner", "deck", "due"], name="progress_due_in_deck"),
            models.Index(fields=["learner", "due"], name="progress_due"),
            # Cards in a same-day step are few and asked for at every draw.
            models.Index(
                fields=["learner", "deck", "due"],
                condition=Q(state__in=[State.LEARNING, State.RELEARNING]),
                name="progress_in_step",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.get_level_display()}"

    @property
    def memory(self) -> Memory | None:
        if (
            self.stability is None
            or self.difficulty is None
            or self.state is None
            or self.due is None
            or self.last_recalled_at is None
        ):
            return None
        return Memory(
            self.stability,
            self.difficulty,
            State(self.state),
            self.learning_step,
            self.due,
            self.last_recalled_at,
        )

    def as_progress(self) -> Progress:
        """This row as the engine's value."""
        return Progress(
            level=Level(self.level),
            peak=Level(self.peak),
            recalls=self.recalls,
            misses=self.misses,
            lapses=self.lapses,
            recall_days=self.recall_days,
            last_recall_day=self.last_recall_day,
            last_miss_day=self.last_miss_day,
            last_day=self.last_day,
            memory=self.memory,
        )

    def take(self, progress: Progress, *, last_reviewed_at: datetime | None) -> bool:
        """Set every derived field from the engine's value; return whether one of them changed."""
        memory = progress.memory
        fields = {
            "level": progress.level,
            "peak": progress.peak,
            "recalls": progress.recalls,
            "misses": progress.misses,
            "lapses": progress.lapses,
            "recall_days": progress.recall_days,
            "last_recall_day": progress.last_recall_day,
            "last_miss_day": progress.last_miss_day,
            "last_day": progress.last_day,
            "last_reviewed_at": last_reviewed_at,
            "stability": memory and memory.stability,
            "difficulty": memory and memory.difficulty,
            "state": memory and memory.state,
            "learning_step": memory and memory.step,
            "due": memory and memory.due,
            "last_recalled_at": memory and memory.last_review,
            "fades_at": fades_at(progress),
        }
        changed = any(getattr(self, name) != value for name, value in fields.items())
        for name, value in fields.items():
            setattr(self, name, value)
        return changed


class DayTotal(models.Model):
    """What a learner's study day in a deck adds up to; derived from the log like progress itself."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="+", db_index=False)
    study_day = models.DateField()
    answers = models.PositiveIntegerField(default=0)
    introduced = models.PositiveIntegerField(default=0)
    recalls = models.PositiveIntegerField(default=0)
    recalls_right = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "deck", "study_day"], name="day_total_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.study_day}: {self.answers}"

    def as_tally(self) -> Tally:
        return Tally(self.answers, self.introduced, self.recalls, self.recalls_right)
