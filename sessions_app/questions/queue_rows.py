"""The statements of a learner's queue. Each is compiled once, since every answer runs some of them."""

from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Value

from cards.models import DERIVED, Card, CardQuerySet
from sessions_app.models import CardProgress, CardProgressQuerySet, Step
from sessions_app.questions.sides import AskedSide, DeckSides, progress_on, truth
from sessions_app.study.types import Level, Side, State
from studysite.queries.compiled import compiled

STEPS = (State.LEARNING, State.RELEARNING)

MEMORY = ("stability", "last_recalled_at")
"""What predicted recall depends on."""

Rows = QuerySet[Any, tuple[Any, ...]]


class Known(TypedDict):
    """What the statements compare with: the learner, the deck, the chosen cards, and what is held back.

    ``tag`` is None if any will do, ``cards`` is empty for all. Nothing is held back if ``today`` is None;
    else what `is_row_held` says. ``held_terms`` are the cards whose term is held back because of a step.
    """

    learner: int
    deck: int
    now: datetime
    starred: bool
    tag: int | None
    cards: tuple[int, ...]
    today: date | None
    held_terms: tuple[int, ...]
    held_definitions: tuple[int, ...]


# --- Rows of progress


@compiled
def learning(
    sides: DeckSides, limit: int, /, *, before: datetime, free: bool, **known: Unpack[Known]
) -> Rows:
    """Questions in a same-day step that is due by ``before``."""
    rows = _progress(sides, known).filter(state__in=STEPS, due__lte=before).order_by("due", "card_id", "side")
    return _scheduled(rows, known, "due", free=free)[:limit]


@compiled
def review(
    sides: DeckSides, limit: int, /, *, until: date | None, free: bool, **known: Unpack[Known]
) -> Rows:
    """Questions in the review state, due by the study day ``until``."""
    rows = _progress(sides, known).filter(state=State.REVIEW)
    if until is not None:
        rows = rows.filter(due_day__lte=until)
    rows = rows.order_by("due_day", "card_id", "side")
    return _scheduled(rows, known, *MEMORY, free=free)[:limit]


@compiled
def weakest(sides: DeckSides, limit: int, /, *, free: bool, **known: Unpack[Known]) -> Rows:
    """Questions in the review state, least stable first."""
    rows = _progress(sides, known).filter(state=State.REVIEW).order_by("stability", "card_id", "side")
    return _scheduled(rows, known, *MEMORY, free=free)[:limit]


@compiled
def reached(sides: DeckSides, limit: int, /, *, level: int, **known: Unpack[Known]) -> Rows:
    """The card and side of questions that have reached ``level``, least remembered first."""
    rows = _progress(sides, known).filter(level__gte=level).filter(_is_free(known))
    return rows.order_by(F("due_day").asc(nulls_first=True), "card_id", "side").values_list(
        "card_id", "side"
    )[:limit]


@compiled
def underway(sides: DeckSides, limit: int, /, *, below: int, **known: Unpack[Known]) -> Rows:
    """`STANDING` of questions above New and below a level; what was not answered for longest comes first."""
    rows = _rows(sides, known).filter(level__gt=Level.NEW, level__lt=below).filter(~_is_put_aside(known))
    rows = rows.filter(_rows_chosen(known)).filter(_is_free(known))
    return rows.order_by("last_reviewed_at", "card_id", "side").values_list(*STANDING)[:limit]


STANDING = (
    *("card_id", "side", "level", "suspended", "buried_until", "last_day", "last_reviewed_at"),
    "card__studied_side",
)


@compiled
def standing_of(*, learner: int, deck: int, cards: tuple[int, ...]) -> Rows:
    """`STANDING` of both sides of these present cards."""
    rows = CardProgress.objects.filter(learner=learner, deck=deck, card__in=cards, card__removed_at=None)
    return rows.values_list(*STANDING)


def _progress(sides: DeckSides, known: Known) -> CardProgressQuerySet:
    """The learner's progress on what can be asked."""
    return _rows(sides, known).active().unburied(known["now"]).filter(_rows_chosen(known))


def _rows(sides: DeckSides, known: Known) -> CardProgressQuerySet:
    """The learner's progress on what the deck's cards ask them for."""
    mine = CardProgress.objects.filter(learner=known["learner"], deck=known["deck"])
    return mine.asked(sides.choice)


def _rows_chosen(known: Known) -> Q:
    wanted = Q(Exists(_starred(known, OuterRef("card")))) if known["starred"] else Q()
    if known["tag"] is not None:
        wanted &= Q(card__tags=known["tag"])
    return wanted & Q(card__in=known["cards"]) if known["cards"] else wanted


def _scheduled(rows: CardProgressQuerySet, known: Known, *names: str, free: bool) -> Rows:
    """Card, side, these fields, and whether it is held back; with ``free`` only rows that are not."""
    held = Value(value=False) if known["today"] is None else truth(is_row_held(known))
    rows = rows.filter(_is_free(known)) if free else rows
    return rows.annotate(is_held=held).values_list("card_id", "side", *names, "is_held")


def _is_free(known: Known) -> Q:
    return Q() if known["today"] is None else ~is_row_held(known)


def is_row_held(known: Known) -> Q:
    """Whether a row of progress is on a question that is held back."""
    held = Q(Exists(_answered_on(known, OuterRef("card")).exclude(side=OuterRef("side"))))
    for side, cards in _held_cards(known):
        held |= Q(side=side, card__in=cards)
    return held


def _is_put_aside(known: Known) -> Q:
    return Q(suspended=True) | Q(buried_until__isnull=False, buried_until__gt=known["now"])


# --- Cards


@compiled
def unseen(sides: DeckSides, limit: int, /, *, first: int | None, free: bool, **known: Unpack[Known]) -> Rows:
    """Cards with questions that have no memory, from the position ``first``: key, studied side and position.

    Then, for each question that a card of the deck can have, whether this card's has no memory (only if there are
    two), and whether it is held back. With ``free`` only questions that are not.
    """

    def is_unseen(side: AskedSide) -> Q:
        seen = progress_on(side, known["learner"]).filter(Q(due__isnull=False) | _is_put_aside(known))
        return ~Q(Exists(seen)) & ~is_question_held(side, known) if free else ~Q(Exists(seen))

    cards = _chosen_cards(known)
    if first is not None:
        cards = cards.filter(position__gte=first)
    cards = sides.having(cards, is_unseen)
    held = []
    if known["today"] is not None:
        held = [f"held_{side.suffix}" for side in sides.all]
        columns = (truth(is_question_held(side, known)) for side in sides.all)
        cards = cards.annotate(**dict(zip(held, columns, strict=True)))
    return cards.in_order().values_list("pk", "studied_side", "position", *sides.flags, *held)[:limit]


@compiled
def new(sides: DeckSides, limit: int, /, **known: Unpack[Known]) -> Rows:
    """Cards with questions at level New: key, studied side, and which questions are, if there may be two."""

    def is_new(side: AskedSide) -> Q:
        hidden = progress_on(side, known["learner"]).filter(Q(level__gt=Level.NEW) | _is_put_aside(known))
        is_free = Q() if known["today"] is None else ~is_question_held(side, known)
        return ~Q(Exists(hidden)) & is_free

    cards = sides.having(_chosen_cards(known), is_new).in_order()
    return cards.values_list("pk", "studied_side", *sides.flags)[:limit]


def askable(sides: DeckSides, known: Known) -> CardQuerySet:
    """The chosen cards with a question that is neither suspended nor buried."""

    def is_askable(side: AskedSide) -> Q:
        return ~Q(Exists(progress_on(side, known["learner"]).filter(_is_put_aside(known))))

    return sides.having(_chosen_cards(known), is_askable)


def _chosen_cards(known: Known) -> CardQuerySet:
    """The deck's cards that the settings of the session choose."""
    cards = Card.objects.present().filter(deck=known["deck"])
    if known["starred"]:
        cards = cards.filter(Exists(_starred(known, OuterRef("pk"))))
    if known["tag"] is not None:
        cards = cards.filter(tags=known["tag"])
    return cards.filter(pk__in=known["cards"]) if known["cards"] else cards


def _starred(known: Known, card: OuterRef) -> CardProgressQuerySet:
    """The learner's stars on a card: a star on one side is one on the card."""
    return CardProgress.objects.filter(learner=known["learner"], card=card, starred=True)


def is_question_held(asked: AskedSide, known: Known) -> Q:
    """Whether a card's question on this side is held back."""
    held = Q(Exists(_answered_on(known, OuterRef("pk")).exclude(side=asked.side)))
    for side, cards in _held_cards(known):
        if asked.fixed is None:
            held |= Q(pk__in=cards, studied_side=side)
        elif asked.fixed is side:
            held |= Q(pk__in=cards)
    return held


def _held_cards(known: Known) -> list[tuple[Side, tuple[int, ...]]]:
    both = ((Side.TERM, known["held_terms"]), (Side.DEFINITION, known["held_definitions"]))
    return [(side, cards) for side, cards in both if cards]


def _answered_on(known: Known, card: OuterRef) -> CardProgressQuerySet:
    """The learner's progress on the outer query's card with an answer of today.

    Without the deck, by which a database would look through the whole deck for each card.
    """
    return CardProgress.objects.filter(learner=known["learner"], card=card, last_day=known["today"])


# --- Steps of the session


@compiled
def answered(*, session: int | None) -> Rows:
    """What a mode needs to know of the steps that were answered and not retired, oldest first."""
    steps = _answered(session).order_by("position")
    return steps.values_list("card_id", "side", "origin", "verdict", "kind", "round")


@compiled
def last_answered(*, session: int | None) -> Rows:
    """The card and side of the last of them."""
    return _answered(session).order_by("-position").values_list("card_id", "side")[:1]


@compiled
def last_plan(*, session: int | None) -> Rows:
    """The plan of the round of the last of them."""
    return _answered(session).order_by("-position").values_list("question__plan")[:1]


@compiled
def answered_by_origin(*, session: int | None) -> QuerySet[Step, tuple[str, int]]:
    """How many of them there are, by their origin."""
    return _answered(session).order_by().values_list("origin").annotate(count=Count("pk"))


def _answered(session: int | None) -> QuerySet[Step]:
    return Step.objects.standing().filter(session=session).exclude(answered_at=None)


# --- One card


@compiled
def card_and_progress(*, card: int, learner: int, side: str) -> QuerySet[Card]:
    """The card; ``mine`` is the learner's progress on this side, ``own_star`` whether it has their star."""
    mine = FilteredRelation("progress", condition=Q(progress__learner=learner, progress__side=side))
    cards = Card.objects.filter(pk=card).annotate(mine=mine).select_related("mine")  # type: ignore[misc]
    stars = CardProgress.objects.filter(learner=learner, card=card, starred=True)
    return cards.annotate(own_star=Exists(stars)).defer(*DERIVED)


@compiled
def progress(*, learner: int, card: int, side: str) -> QuerySet[CardProgress]:
    """The learner's progress on this side of a card; ``own_star`` says whether the card has their star."""
    rows = CardProgress.objects.filter(learner=learner, card=card)
    return rows.filter(side=side).annotate(own_star=Exists(rows.filter(starred=True)))
