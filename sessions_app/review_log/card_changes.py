"""Updating all learners' progress when cards change, in the same number of statements for one and for a thousand.

Every function locks the enrollments of the decks before it reads anything. Otherwise it would miss the answers
that it had to wait for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.utils import timezone

from cards.models import Card, Deck
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, OverriddenAnswer, Review, Step
from sessions_app.review_log import overridden_answers, replaying, totals
from sessions_app.review_log.locking import lock_enrollments

FEW_CARDS = 1_000
"""Of so many cards, the learners are looked up; more cards concern most learners of a deck anyway."""


def lock_decks(decks: Iterable[int]) -> list[Enrollment]:
    """All enrollments in these decks, locked until the transaction ends."""
    return lock_enrollments(Enrollment.objects.filter(deck__in=decks))


def cards_changed(deck: Deck, affected: Collection[int] | None) -> None:
    """Bring the roll-ups and overridden answers of a deck up to date after its cards have changed.

    ``affected`` are the cards (primary keys) that have gone, are back, or ask for another side; None if it may be
    any.
    """
    if affected is None or affected:
        recount(deck, affected)
    overridden_answers.recheck(now=timezone.now(), deck=deck)


def recount(deck: Deck, affected: Collection[int] | None = None) -> None:
    """Recount the roll-ups of a deck, only of learners whom these cards concern if they are few."""
    enrollments = Enrollment.objects.filter(deck=deck)
    # All are locked, because an answer that is just being written may be about one of the cards.
    lock_enrollments(enrollments.only("replayed_with"))
    if affected is not None and len(affected) <= FEW_CARDS:
        answered = CardProgress.objects.filter(card__in=affected).values("learner")
        asked = Step.objects.unanswered().filter(card__in=affected).values("session__learner")
        enrollments = enrollments.filter(Q(learner__in=answered) | Q(learner__in=asked))
    enrollments.recount(with_sides=True)


def learner_count(cards: Iterable[Card]) -> int:
    """The number of learners who have answered or marked any of ``cards``."""
    return CardProgress.objects.filter(card__in=cards).aggregate(learners=Count("learner", distinct=True))[
        "learners"
    ]


def reset(cards: Sequence[int], *, deck: Deck, now: datetime) -> None:
    """Let earlier answers about ``cards``, now new questions, no longer count; marks and the log stay."""
    lock_decks([deck.pk])
    CardProgress.objects.filter(card__in=cards).reset(now)
    retire_open_steps(cards, now)
    overridden_answers.forget(cards)


def follow_cards(cards: Sequence[int], *, to: Deck, decks: Sequence[int], now: datetime) -> None:
    """Move all progress on ``cards`` to the deck ``to``, where each learner's settings for that deck apply."""
    enrollments = lock_decks(decks)
    retire_open_steps(cards, now)
    rows = CardProgress.objects.filter(card__in=cards)
    came_from = set(rows.values_list("learner", "deck").distinct())
    enrollments += add_enrollments({learner for learner, _ in came_from}, to)
    retention_of = {(one.learner_id, one.deck_id): one.retention for one in enrollments}
    retentions = {
        learner: retention_of[learner, to.pk]
        for learner, deck in came_from
        if retention_of[learner, to.pk] != retention_of.get((learner, deck))
    }
    rows.update(deck=to)
    OverriddenAnswer.objects.filter(card__in=cards).update(deck=to)
    note_buried(to)
    if retentions:
        replay(rows.filter(learner__in=retentions), retentions)


def retire_open_steps(cards: Sequence[int], now: datetime) -> None:
    """Retire open questions about these cards."""
    Step.objects.unanswered().filter(card__in=cards).update(retired_at=now)


def add_enrollments(learners: Iterable[int], deck: Deck) -> list[Enrollment]:
    """Enroll ``learners`` (primary keys) in ``deck`` where they are not yet; return their enrollments there."""
    new = [Enrollment(learner_id=learner, deck=deck) for learner in sorted(learners)]
    Enrollment.objects.bulk_create(new, batch_size=totals.ROWS_AT_ONCE, ignore_conflicts=True)
    return list(Enrollment.objects.filter(deck=deck, learner__in=learners))


def note_buried(deck: Deck) -> None:
    """Set ``buried_until`` of each enrollment in ``deck`` to the latest of its cards."""
    mine = CardProgress.objects.filter(learner=OuterRef("learner"), deck=OuterRef("deck"))
    last = mine.order_by().values("learner").annotate(last=Max("buried_until")).values("last")
    Enrollment.objects.filter(deck=deck).update(buried_until=Subquery(last))


def replay(rows: CardProgressQuerySet, retentions: Mapping[int, float]) -> None:
    """Replay ``rows`` with each learner's desired retention, on which day totals do not depend."""
    by_key = {(row.learner_id, row.card_id, row.side): row for row in rows.select_related("card")}
    lines = Review.objects.standing().filter(learner__in=retentions, card__in=rows.values("card"))
    lines = lines.order_by("learner_id", "card_id", "side", "reviewed_at", "pk")
    changed = []
    for key, group in groupby(lines.iterator(), key=lambda line: (line.learner_id, line.card_id, line.side)):
        row, history = by_key[key], replaying.History(list(group))
        fold = history.replay(retentions[row.learner_id], totals.counted_since(row, row.card))
        if row.update_from(fold.progress, last_reviewed_at=history.last_reviewed_at):
            changed.append(row)
    totals.save_rows(changed)
