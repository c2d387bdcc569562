"""Totals of the log: for each card, and for each study day."""

from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, ExpressionWrapper, F, OuterRef, Q, Value, When

from cards.models import Card, Deck, SideChoice
from sessions_app.models.choices import LEVELS, SIDES, STATES
from sessions_app.study.scheduling.progress import fades_at
from sessions_app.study.scheduling.types import Memory, Progress, Tally
from sessions_app.study.types import Level, State

PROGRESS_FIELDS = tuple(each.name for each in fields(Progress) if each.name != "memory")
"""Fields that a row has under the names of the engine's value."""

MEMORY_FIELDS = {each.name: each.name for each in fields(Memory)} | {
    "step": "learning_step",
    "last_review": "last_recalled_at",
    "day": "memory_day",
}
"""A row's field for each of the engine's memory."""

progress_values, memory_values = attrgetter(*PROGRESS_FIELDS), attrgetter(*MEMORY_FIELDS)
NO_MEMORY = (None,) * len(MEMORY_FIELDS)


IS_ASKED_BY_CARD = Q(card__studied_side=F("side")) | Q(card__studied_side=SideChoice.BOTH)
"""Whether the card of a row asks for its side."""

IS_ASKED = Q(wish=F("side")) | Q(wish=SideChoice.BOTH) | (Q(wish=SideChoice.AUTO) & IS_ASKED_BY_CARD)
"""Whether the card of a row asks for its side, if the learner's choice is ``wish``."""


class CardProgressQuerySet(models.QuerySet["CardProgress"]):
    def asked(self, side_choice: str | OuterRef | Case) -> "CardProgressQuerySet":
        """Progress on the questions of present cards: what they ask for if the learner chose ``side_choice``.

        With Automatic that is what each card itself asks for.
        """
        present = self.filter(card__removed_at=None)
        if side_choice == SideChoice.AUTO:
            return present.filter(IS_ASKED_BY_CARD)
        if side_choice == SideChoice.BOTH:
            return present
        if isinstance(side_choice, str):
            return present.filter(side=side_choice)
        wish = ExpressionWrapper(side_choice, CharField())
        return present.alias(wish=wish).filter(IS_ASKED)

    def unasked(self, side_choice: OuterRef) -> "CardProgressQuerySet":
        """Progress on sides that their cards, present or removed, do not ask a learner with this choice for."""
        return self.alias(wish=ExpressionWrapper(side_choice, CharField())).filter(~IS_ASKED)

    def active(self) -> "CardProgressQuerySet":
        """Progress on cards that the learner has not suspended."""
        return self.filter(suspended=False)

    def unburied(self, now: datetime) -> "CardProgressQuerySet":
        """Progress on cards that are not buried at ``now``."""
        return self.filter(Q(buried_until=None) | Q(buried_until__lte=now))

    def fading(self, now: datetime) -> "CardProgressQuerySet":
        """Progress on mastered cards whose predicted recall is too low at ``now``."""
        return self.filter(fades_at__lte=now)

    def reset(self, now: datetime) -> int:
        """Let answers before ``now`` no longer count, in one statement; return the number of rows.

        ``last_reviewed_at`` stays, so that the log stays in order, and so do the learner's marks. ``reset_at`` is
        always later than the last answer, even if the clock was set back.
        """
        new = CardProgress()
        nothing = {name: getattr(new, name) for name in CardProgress.DERIVED if name != "last_reviewed_at"}
        after_last = F("last_reviewed_at") + timedelta(microseconds=1)
        reset_at = Case(When(last_reviewed_at__gte=now, then=after_last), default=Value(now))
        return self.update(**nothing, reset_at=reset_at)


class CardProgress(models.Model):
    """The log's total for one learner and one side of a card. It can be computed from the log at any time."""

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
    last_lapse_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    last_reviewed_at = models.DateTimeField(null=True)
    stability = models.FloatField(null=True, help_text="Days until recall falls to 90 %.")
    difficulty = models.FloatField(null=True)
    state = models.PositiveSmallIntegerField(choices=STATES, null=True)
    learning_step = models.PositiveSmallIntegerField(null=True)
    due = models.DateTimeField(null=True, help_text="The instant at which a same-day step is due.")
    due_day = models.DateField(null=True, help_text="The study day on which the card is due.")
    last_recalled_at = models.DateTimeField(null=True, help_text="When the memory was last fed.")
    memory_day = models.DateField(null=True, help_text="The latest study day on which the memory was fed.")
    fades_at = models.DateTimeField(null=True)
    # Stored here and not only on the enrollment, because cards move between decks.
    reset_at = models.DateTimeField(null=True, help_text="The learner started over: no answer before counts.")
    # The learner's own marks are not part of the log.
    starred = models.BooleanField(default=False)
    suspended = models.BooleanField(default=False)
    suspended_in_file = models.BooleanField(
        default=False,
        help_text="Another program had suspended it, and the learner has not changed that here.",
    )
    buried_until = models.DateTimeField(null=True)

    DERIVED = (*PROGRESS_FIELDS, *MEMORY_FIELDS.values(), "last_reviewed_at", "fades_at")
    """The fields that follow from the log."""

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
            models.Index(fields=["learner", "deck", "due_day"], name="progress_due_day_in_deck"),
            models.Index(fields=["learner", "due_day"], name="progress_due_day"),
            # Cards in a same-day step are few and asked for at every draw. SQLite does not use an index for these
            # states alone: it cannot compare its condition with the parameters of a query.
            models.Index(fields=["learner", "deck", "state", "due"], name="progress_by_state"),
            models.Index(fields=["learner", "deck"], condition=Q(starred=True), name="progress_starred"),
            # So are those that are fading, suspended or buried, and pages count them.
            models.Index(
                fields=["learner", "deck", "fades_at"],
                condition=Q(fades_at__isnull=False),
                name="progress_fading",
            ),
            models.Index(fields=["learner", "deck"], condition=Q(suspended=True), name="progress_suspended"),
            models.Index(
                fields=["learner", "deck", "buried_until"],
                condition=Q(buried_until__isnull=False),
                name="progress_buried",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.get_level_display()}"

    def is_put_aside(self, now: datetime) -> bool:
        """Whether the card is suspended or buried at ``now``."""
        return self.suspended or (self.buried_until is not None and self.buried_until > now)

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
        # A row that is not replayed yet has no days (see `Enrollment.replayed_with`), but may be shown.
        return Memory(
            stability=self.stability,
            difficulty=self.difficulty,
            state=State(self.state),
            step=self.learning_step,
            due=self.due,
            due_day=self.due_day or self.due.date(),
            last_review=self.last_recalled_at,
            day=self.memory_day or self.last_recalled_at.date(),
        )

    def as_progress(self) -> Progress:
        """This row as the engine's value."""
        values = {name: getattr(self, name) for name in PROGRESS_FIELDS}
        values |= {"level": Level(self.level), "peak": Level(self.peak)}
        return Progress(**values, memory=self.memory)

    @staticmethod
    def derived(progress: Progress, *, last_reviewed_at: datetime | None) -> tuple[object, ...]:
        """What a row with the engine's value has in the fields ``DERIVED``, in their order."""
        memory = progress.memory
        values = NO_MEMORY if memory is None else memory_values(memory)
        return (*progress_values(progress), *values, last_reviewed_at, fades_at(progress))

    def update_from(self, progress: Progress, *, last_reviewed_at: datetime | None) -> bool:
        """Set every derived field from the engine's value; return whether one of them changed."""
        values = zip(self.DERIVED, self.derived(progress, last_reviewed_at=last_reviewed_at), strict=True)
        changed = {name: value for name, value in values if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        return bool(changed)


class DayTotal(models.Model):
    """The total of a learner's study day in a deck; it follows from the log, like progress."""

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
        # The home page adds up the last days over all decks.
        indexes = [models.Index(fields=["learner", "study_day"], name="day_total_by_day")]

    def __str__(self) -> str:
        return f"{self.study_day}: {self.answers}"

    def as_tally(self) -> Tally:
        return Tally(**{each.name: getattr(self, each.name) for each in fields(Tally)})
