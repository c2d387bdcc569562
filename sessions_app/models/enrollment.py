"""A learner's relation to a deck, with the counts that the table reads."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import (
    Aggregate,
    Case,
    Count,
    Exists,
    FloatField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from cards.models import Card, Deck, SideChoice
from cards.text.studied_side import sides_of
from sessions_app.models.matching_board import MatchingBoard
from sessions_app.models.paper import Paper
from sessions_app.models.predicted_recall import predicted_recall
from sessions_app.models.progress import CardProgress, CardProgressQuerySet, DayTotal
from sessions_app.models.review import Review, scheduler_version
from sessions_app.models.session import Step, StudySession, StudySessionQuerySet
from sessions_app.study.modes import LEARN, MODES, TEST
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Level, Side
from studysite.accounts.models import User
from studysite.queries.counting import CountUpTo

DEFAULT_NEW_PER_DAY = 20
DEFAULT_LEARN_AHEAD, MAX_LEARN_AHEAD = 20, 120

LONG_AGO = date(1900, 1, 1)
"""Before any answer."""

ROLL_UP_FIELDS = ("recognised", "recalled", "learned", "mastered", "scheduled", "suspended")
"""The counts that follow from the log."""

STRICT_LABEL = "Typed answers must be exact"
STRICT_HELP = "If not, small typing mistakes, missing accents and missing articles are accepted."
"""How both forms that set ``strict`` name and explain it."""


def name_questions(field: Any) -> None:
    """Let a form's field that counts questions say so, where cards have two of them."""
    field.label, field.help_text = (
        text.replace("card", "question") for text in (field.label, field.help_text)
    )


def total(rows: models.QuerySet[Any], aggregate: Aggregate, default: float = 0) -> Coalesce:
    """``aggregate`` over one learner's ``rows``, as a subquery beside an enrollment; ``default`` without rows."""
    totals = rows.order_by().values("learner").annotate(total=aggregate).values("total")
    return Coalesce(Subquery(totals), default)


def latest_date(now: datetime) -> date:
    """The latest study day that it is at ``now`` in any time zone; none is more than 14 hours ahead of UTC."""
    return (now + timedelta(hours=14)).astimezone(UTC).date()


def open_sessions() -> StudySessionQuerySet:
    """The open sessions of an enrollment's learner in its deck, as a subquery."""
    return StudySession.objects.open().filter(learner=OuterRef("learner"), deck=OuterRef("deck"))


def last_day_of_other_sides() -> Subquery:
    """The last study day of an answer about a side that its card does not ask an enrollment's learner for.

    LONG_AGO if there are only marks on such sides, None if there is nothing.
    """
    mine = CardProgress.objects.filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
    others = mine.unasked(OuterRef("side_choice")).order_by().values("learner")
    return Subquery(others.annotate(last=Max(Coalesce("last_day", Value(LONG_AGO)))).values("last"))


def last_day_with_siblings() -> Case:
    """What `Enrollment.siblings_until` is after progress or the sides that are asked have changed."""
    is_open = When(Exists(open_sessions()), then=latest_date(timezone.now()))
    return Case(is_open, default=last_day_of_other_sides())


def asked_progress() -> CardProgressQuerySet:
    """The progress of an enrollment's learner in its deck, as a subquery."""
    mine = CardProgress.objects.filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
    return mine.asked(OuterRef("side_choice"))


def counted_progress() -> CardProgressQuerySet:
    """The same without suspended cards."""
    return asked_progress().active()


def roll_up_counts() -> dict[str, Coalesce]:
    """The counts of an enrollment's roll-up, each as a subquery that counts the progress of its cards."""
    progress = counted_progress()
    return {
        "recognised": total(progress.filter(level=Level.RECOGNISED), Count("pk")),
        "recalled": total(progress.filter(level=Level.RECALLED), Count("pk")),
        "learned": total(progress.filter(level=Level.LEARNED), Count("pk")),
        "mastered": total(progress.filter(level=Level.MASTERED), Count("pk")),
        "scheduled": total(progress.filter(due__isnull=False), Count("pk")),
        "suspended": total(asked_progress().filter(suspended=True), Count("pk")),
    }


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def locked(self) -> "EnrollmentQuerySet":
        """Lock the rows until the transaction ends, in the order of their keys, so that no two writers deadlock.

        Writes of progress lock through `sessions_app.review_log.locking`, which replays outdated progress first.
        """
        return self.select_for_update(of=("self",)).order_by("pk")

    def set_for(self, learner: User, deck: Deck, **fields: object) -> None:
        """Set the learner's consent or settings for the deck, by the names of the fields."""
        self.update_or_create(learner=learner, deck=deck, defaults=fields)

    def studied(self) -> "EnrollmentQuerySet":
        """Enrollments in which an answer was given; looking at a deck or setting it up makes one too."""
        return self.filter(last_studied_at__isnull=False)

    def unarchived(self) -> "EnrollmentQuerySet":
        """Enrollments in decks that the learner has not put away."""
        return self.filter(archived_at=None)

    def archived(self) -> "EnrollmentQuerySet":
        return self.filter(archived_at__isnull=False)

    def in_plan(self) -> "EnrollmentQuerySet":
        """Enrollments in decks that a day's study is made of, as `Enrollment.is_in_plan` says of one."""
        return self.studied().unarchived()

    def behind(self) -> "EnrollmentQuerySet":
        """Enrollments whose progress was computed by the rules of an earlier version."""
        return self.exclude(replayed_with=fsrs_memory.VERSION)

    def with_schedule(self, *, now: datetime, today: date, recalls_after: date) -> "EnrollmentQuerySet":
        """Annotate what the table shows and a roll-up cannot hold, because it changes as time passes.

        ``due_count`` cards are due on or before the study day ``today``; the next one after that is due on
        ``next_due``. ``fading_count`` cards are fading at ``now``. Both counts stop at a limit (`CountUpTo`).
        ``recalls`` and ``recalls_right`` add up the study days after ``recalls_after``.
        """
        mine = {"learner": OuterRef("learner"), "deck": OuterRef("deck")}
        progress = counted_progress().unburied(now)
        days = DayTotal.objects.filter(**mine, study_day__gt=recalls_after)
        return self.annotate(
            due_count=CountUpTo(progress.filter(due_day__lte=today)),
            fading_count=CountUpTo(counted_progress().fading(now)),
            next_due=Subquery(progress.filter(due_day__gt=today).order_by("due_day").values("due_day")[:1]),
            recalls=total(days, Sum("recalls")),
            recalls_right=total(days, Sum("recalls_right")),
        )

    def with_recall_of(self, learner: User, *, now: datetime) -> "EnrollmentQuerySet":
        """Annotate ``recall_sum``: the sum of predicted recall at ``now`` over the learner's counted cards.

        This reads each of the learner's cards, so it is None in the rows of other learners.
        """
        recall = total(counted_progress().exclude(due=None), Sum(predicted_recall(now)), 0.0)
        return self.annotate(recall_sum=Case(When(learner=learner, then=recall)))

    def without_recall(self) -> "EnrollmentQuerySet":
        """Annotate ``recall_sum`` as None in all rows."""
        return self.annotate(recall_sum=Value(None, FloatField()))

    def with_used_modes(self) -> "EnrollmentQuerySet":
        """Annotate ``used_<mode>``: whether the learner has ever started a session in the mode."""
        sessions = StudySession.objects.filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
        return self.annotate(**{f"used_{mode}": Exists(sessions.filter(mode=mode)) for mode in MODES})

    def with_open_round(self) -> "EnrollmentQuerySet":
        """Annotate the open session in Learn: its round, and the study day on which it began; None without one."""
        steps = Step.objects.unanswered().filter(session__mode=LEARN.name, session__finished_at=None)
        mine = steps.filter(session__learner=OuterRef("learner"), session__deck=OuterRef("deck"))
        return self.annotate(
            open_round=Subquery(mine.values("round")[:1]),
            open_round_day=Subquery(mine.values("session__study_day")[:1]),
        )

    def with_best_board(self) -> "EnrollmentQuerySet":
        """Annotate the learner's best board of Matching: the fastest of those with the most pairs.

        ``board_ms`` is its time in milliseconds, ``board_pairs`` its number of pairs; None without a ranked board.
        """
        boards = MatchingBoard.objects.ranked().filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
        best = boards.order_by("-pairs", "milliseconds")
        return self.annotate(
            board_pairs=Subquery(best.values("pairs")[:1]), board_ms=Subquery(best.values("milliseconds")[:1])
        )

    def with_tests(self) -> "EnrollmentQuerySet":
        """Annotate the last test (``test_right`` ..., or None), the best score and the number of tests."""
        # The mode is named for the index of sessions: most of them are of other modes.
        mine = {"learner": OuterRef("learner"), "deck": OuterRef("deck"), "mode": TEST.name}
        papers = Paper.objects.scored().filter(**{f"session__{name}": value for name, value in mine.items()})
        last = papers.order_by("-handed_in_at", "-pk")
        names = ("right", "graded", "questions", "voided", "handed_in_at")
        return self.annotate(
            **{f"test_{name}": Subquery(last.values(name)[:1]) for name in names},
            test_best=Subquery(papers.best()),
            test_count=Coalesce(
                Subquery(
                    papers.order_by().values("session__learner").annotate(tests=Count("pk")).values("tests")
                ),
                0,
            ),
        )

    def with_mixups(self) -> "EnrollmentQuerySet":
        """Annotate ``has_mixups``: whether the learner has ever answered a card with another card's answer."""
        lines = Review.objects.mistakes().filter(learner=OuterRef("learner"), card__deck=OuterRef("deck"))
        return self.annotate(has_mixups=Exists(lines))

    def recount(self, *, with_sides: bool = False) -> int:
        """Recount the roll-ups of these enrollments from the progress of their cards, in one statement.

        ``with_sides`` also determines ``siblings_until``, after a change of what the cards ask for.
        """
        sides = {"siblings_until": last_day_with_siblings()} if with_sides else {}
        return self.update(**roll_up_counts(), **sides)


class Enrollment(models.Model):
    """One learner's relation to one deck: consent, settings, and the roll-up that the table shows.

    The roll-up counts the questions of the present cards by level; a card that asks for both sides has two.
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
    side_choice = models.CharField("studied side", max_length=10, choices=SideChoice, default=SideChoice.AUTO)
    two_buttons = models.BooleanField(default=False, help_text="Again and Good alone, without Hard and Easy.")
    learn_ahead = models.PositiveSmallIntegerField(
        "learn ahead",
        default=DEFAULT_LEARN_AHEAD,
        validators=[MaxValueValidator(MAX_LEARN_AHEAD)],
        help_text="Minutes by which a same-day step may come early, when nothing else is left.",
    )
    learn_kinds = models.JSONField(
        "kinds of question in Learn",
        default=list,
        blank=True,
        help_text="None chosen: those that fit a card best.",
    )
    typed = models.BooleanField(
        "type answers in Spaced", default=False, help_text="Where the answer is short enough to be typed."
    )
    strict = models.BooleanField(
        default=False, help_text="Typed answers have to be exact: no slips, no missing accents or articles."
    )
    retype = models.BooleanField(default=False, help_text="A missed typed answer is typed once more.")
    untimed = models.BooleanField(
        "Matching without a clock", default=False, help_text="Its boards are not ranked."
    )
    reset_at = models.DateTimeField(
        null=True, editable=False, help_text="When the learner last started over."
    )
    archived_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the learner put the deck away, out of their list and their day.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_studied_at = models.DateTimeField(null=True, editable=False)
    recognised = models.PositiveIntegerField(default=0, editable=False)
    recalled = models.PositiveIntegerField(default=0, editable=False)
    learned = models.PositiveIntegerField(default=0, editable=False)
    mastered = models.PositiveIntegerField(default=0, editable=False)
    scheduled = models.PositiveIntegerField(default=0, editable=False)
    suspended = models.PositiveIntegerField(default=0, editable=False)
    # The latest instant until which a card of the deck is buried.
    buried_until = models.DateTimeField(null=True, editable=False)
    # No unseen card has an earlier position. Only valid while `unseen_version` is the deck's `order_version`.
    unseen_from = models.PositiveIntegerField(default=0, editable=False)
    unseen_version = models.PositiveIntegerField(default=0, editable=False)

    # The last study day of an answer about a side that its card does not ask for, or a later one if an open
    # question may be about one; None if there is no progress on such sides. On later days nothing is held back,
    # unless cards have two questions: so most answers need not look.
    siblings_until = models.DateField(null=True, editable=False)

    # After an upgrade the progress lacks some days until it is replayed.
    replayed_with = models.CharField(
        max_length=20,
        default=scheduler_version,
        editable=False,
        help_text="The version whose rules the progress was worked out by.",
    )

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

    def asked_sides(self, card: Card) -> tuple[Side, ...]:
        """The sides that ``card`` asks this learner for, in the order in which its questions are introduced."""
        choice = card.studied_side if self.side_choice == SideChoice.AUTO else self.side_choice
        return tuple(map(Side, sides_of(choice)))

    def is_started_over_since(self, session: StudySession) -> bool:
        """Whether the learner has started over in the deck since they began ``session``."""
        return self.reset_at is not None and session.started_at < self.reset_at

    @property
    def question_count(self) -> int:
        """The number of questions that the deck has for this learner: a card that asks for both sides has two."""
        return self.deck.question_count(self.side_choice)

    @property
    def may_have_other_sides(self) -> bool:
        """Whether there may be progress on both sides of a card; if not, no query needs to look for it."""
        return self.has_siblings or self.siblings_until is not None

    def note_answer_about(self, card: Card, side: str, day: date) -> None:
        """Remember that an answer of the study day ``day`` is about a side that ``card`` does not ask for."""
        if side not in self.asked_sides(card) and (self.siblings_until is None or self.siblings_until < day):
            self.siblings_until = day
            self.save(update_fields=["siblings_until"])

    @property
    def is_in_plan(self) -> bool:
        """Whether a day's study includes this deck, as `EnrollmentQuerySet.in_plan` says of many."""
        return self.last_studied_at is not None and self.archived_at is None

    @property
    def has_siblings(self) -> bool:
        """Whether some card of the deck has two questions for this learner."""
        return self.question_count > self.deck.card_count

    @property
    def new_count(self) -> int:
        """The number of questions at level New, without suspended ones."""
        risen = self.recognised + self.recalled + self.learned + self.mastered
        return max(0, self.question_count - self.suspended - risen)

    @property
    def active_count(self) -> int:
        """The number of questions that are not suspended."""
        return max(0, self.question_count - self.suspended)

    @property
    def learned_count(self) -> int:
        """The number of questions that are Learned or better."""
        return self.learned + self.mastered

    def roll_up(self) -> dict[str, int]:
        """The counts that follow from the log, by the names of their fields."""
        return {name: getattr(self, name) for name in ROLL_UP_FIELDS}
