"""A learner's marks on cards: starred, suspended, buried.

Marks are not in the log. What they change in the roll-up is updated here, under the lock on the learner's
enrollment that answers hold too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q

from cards.models import Card, CardQuerySet, Deck
from cards.text.studied_side import SIDES
from sessions_app.models import CardProgress, Enrollment, Step
from sessions_app.questions.queue import DeckQueue
from sessions_app.review_log import totals
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.sessions.services import next_step
from sessions_app.sessions.state import OpenState, SessionState, last_answered, stale
from sessions_app.study.days import day_end, study_day
from sessions_app.study.types import Side
from studysite.accounts.models import User
from studysite.numbers import whole_number


class Mark(StrEnum):
    """A mark that a learner can set on a card."""

    STARRED = "starred"
    SUSPENDED = "suspended"
    BURIED = "buried"

    @property
    def puts_aside(self) -> bool:
        """Whether a card with this mark is not asked."""
        return self is not Mark.STARRED


@dataclass(frozen=True)
class PutAside:
    """A question that the learner just suspended or buried, as an address names it.

    ``side`` is empty in addresses of earlier versions.
    """

    card_id: int
    side: str

    @classmethod
    def from_address(cls, query: Mapping[str, str]) -> "PutAside | None":
        """What the address names; None if it names nothing."""
        card = whole_number(query.get("aside", ""))
        side = query.get("side", "")
        return cls(card, side if side in SIDES else "") if card else None

    @property
    def query(self) -> str:
        return f"aside={self.card_id}&side={self.side}"


def marked_cards(enrollment: Enrollment, now: datetime, mark: Mark | None = None) -> CardQuerySet:
    """The deck's cards with ``mark``, or with any mark, for the learner, in their order.

    ``marks`` are their rows of progress on what each card asks for. A star on either side is one on the card.
    """
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    asked = mine.asked(enrollment.side_choice)
    wanted = {
        Mark.STARRED: mine.filter(starred=True),
        Mark.SUSPENDED: asked.filter(suspended=True),
        Mark.BURIED: asked.filter(buried_until__gt=now),
    }
    # A union, so that each mark is found by its index.
    first, *others = (rows.values("card") for rows in ([wanted[mark]] if mark else wanted.values()))
    cards = Card.objects.present().filter(deck=enrollment.deck_id, pk__in=first.union(*others))
    starred = Exists(wanted[Mark.STARRED].filter(card=OuterRef("pk")))
    return cards.annotate(starred=starred).prefetch_related(
        Prefetch("progress", asked.order_by("side"), to_attr="marks")
    )


def is_starred(state: OpenState) -> bool:
    """Whether the card of the open question has the learner's star, on either side."""
    progress = state.progress
    if progress is not None and progress.starred:
        return True
    if not state.enrollment.may_have_other_sides:
        return False
    if progress is not None and (progress.pk is None or hasattr(progress, "own_star")):
        # Both sides were looked at (`DeckQueue.progress`, `state.progress_on`).
        return getattr(progress, "own_star", False)
    learner, card = state.enrollment.learner_id, state.step.card_id
    return CardProgress.objects.filter(learner=learner, card=card, starred=True).exists()


def marks_on(row: CardProgress | None, now: datetime) -> dict[Mark, bool]:
    """Which marks the learner has set on a card; ``row`` is their progress on it, None without any."""
    return {
        Mark.STARRED: bool(row and row.starred),
        Mark.SUSPENDED: bool(row and row.suspended),
        Mark.BURIED: bool(row and row.buried_until and row.buried_until > now),
    }


def put_aside_row(learner: User, deck: Deck, aside: PutAside, now: datetime) -> CardProgress | None:
    """The learner's progress on a question of the deck if it is suspended or buried at ``now``; else None."""
    mine = CardProgress.objects.filter(learner=learner, deck=deck, card=aside.card_id, card__removed_at=None)
    if aside.side:
        mine = mine.filter(side=aside.side)
    return mine.filter(Q(suspended=True) | Q(buried_until__gt=now)).first()


def card_mark(
    *, learner: User, card: Card, mark: Mark, on: bool, now: datetime, side: Side | None = None
) -> None:
    """Set or remove a mark; a second time changes nothing. ``card`` comes with its deck.

    A star is one on the card. The other marks are set on its question about ``side``, or on all that it asks.
    A session that is asking what is suspended or buried goes on with the next.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, card.deck)
        asked = enrollment.asked_sides(card)
        sides = (side,) if side in asked and mark.puts_aside else asked
        _set_mark(enrollment, card, sides, mark, on=on, now=now)
        if on and mark.puts_aside:
            sessions = learner.study_sessions.open().filter(deck=card.deck)
            steps = Step.objects.unanswered().filter(session__in=sessions, card=card)
            if side:
                steps = steps.filter(side=side)
            for step in steps.select_related("session"):
                _skip(enrollment, step, now)


def step_put_aside(*, learner: User, step: Step, mark: Mark, now: datetime) -> SessionState:
    """Suspend or bury the question of an open step, and open the next step; nothing is answered.

    ``step`` comes with its session, deck and card. If it is no longer open, the result is stale and nothing is
    marked.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, step.session.deck)
        if not Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None).exists():
            return stale(step.session, f"Suspending or burying the card of step {step.pk}")
        if step.card and step.card.removed_at is None and step.card.deck_id == enrollment.deck_id:
            _set_mark(enrollment, step.card, [step.question["side"]], mark, on=True, now=now)
        return _skip(enrollment, step, now)


def _skip(enrollment: Enrollment, step: Step, now: datetime) -> SessionState:
    """Retire the open step without an answer, and open the next."""
    Step.objects.filter(pk=step.pk).update(retired_at=now)
    step.session.deck = enrollment.deck
    state = next_step(DeckQueue(step.session, enrollment, now), position=step.position + 1)
    return replace(state, undoable=last_answered(step.session)) if state.step else state


def _set_mark(
    enrollment: Enrollment, card: Card, sides: Sequence[str], mark: Mark, *, on: bool, now: datetime
) -> None:
    for side in sides:
        row = totals.progress_row(enrollment, card, side)
        if mark is Mark.STARRED:
            row.starred = on
        elif mark is Mark.SUSPENDED:
            _suspend(enrollment, card, row, on=on)
        else:
            _bury(enrollment, row, on=on, now=now)
        if row.pk or on:
            row.save()
        if mark.puts_aside and not on and row.due is None:
            # The search for the next new card may already be past it: let it begin at the start again.
            enrollment.unseen_version = 0
    if mark is Mark.STARRED and not on:
        mine = CardProgress.objects.filter(learner=enrollment.learner_id, card=card)
        mine.filter(starred=True).update(starred=False)
    enrollment.save(update_fields=[*enrollment.roll_up(), "buried_until", "unseen_version"])


def _suspend(enrollment: Enrollment, card: Card, row: CardProgress, *, on: bool) -> None:
    """Suspend or unsuspend, and move the card out of the roll-up's levels or back into them."""
    before = totals.counts_of(row, card, enrollment)
    row.suspended, row.suspended_in_file = on, False
    changes = totals.difference(before, totals.counts_of(row, card, enrollment))
    for name, change in changes.items():
        setattr(enrollment, name, getattr(enrollment, name) + change)


def _bury(enrollment: Enrollment, row: CardProgress, *, on: bool, now: datetime) -> None:
    """Bury the card until the learner's study day ends, or unbury it."""
    zone = enrollment.learner.zone
    row.buried_until = day_end(study_day(now, zone), zone) if on else None
    ends = filter(None, (row.buried_until, enrollment.buried_until))
    enrollment.buried_until = max(ends, default=None)
