"""Answers graded wrong that learners marked as right; the deck's owner accepts or rejects them.

An answer waits for a decision as long as a standing line marks it as right and the judge still does not accept it.
A rejection is kept. When a card becomes a new question, all its overridden answers are deleted.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q

from cards.models import MAX_ALTERNATIVE, Card, Deck
from cards.reporting.services import accept_answer
from cards.text.cleaning import clean_text
from sessions_app.models import OverriddenAnswer, OverriddenAnswerQuerySet, Review
from sessions_app.study.judging import Judgement, Reason, judge, normalised
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Side, Verdict

# Answers that are rechecked at one change of a deck; the rest are rechecked at the next.
CHECKED_AT_ONCE = 300
Decision = OverriddenAnswer.Decision


@dataclass(frozen=True)
class Waiting:
    """An answer that waits for a decision; ``text`` is how it was typed last."""

    answer: OverriddenAnswer
    card: Card
    text: str
    times: int
    learners: int


# --- Writing the log


def set_overridden(lines: Iterable[tuple[Review, Question | None]], *, now: datetime) -> None:
    """Set ``overridden`` of unsaved ``lines`` that learners marked as right.

    It stays empty for lines that were not typed, and for those that the judge accepts by the card's present texts.
    Each line comes with its question, or None if that is not kept. The number of statements is the same for any
    number of lines.
    """
    typed = [(line, question) for line, question in lines if line.kind == Kind.TYPED and line.response]
    if not typed:
        return
    cards = Card.objects.in_bulk({line.card_id for line, _ in typed})
    found: dict[tuple[int, str, str], list[Review]] = {}
    for line, question in typed:
        judgement = judged_now(cards[line.card_id], line.side, line.response, question)
        if judgement.verdict is not Verdict.CORRECT and judgement.reason is not Reason.PROMPT:
            found.setdefault((line.card_id, line.side, digest_of(line.response)), []).append(line)
    decks = {card.pk: card.deck_id for card in cards.values()}
    for key, answer in _answers(sorted(found), decks, now).items():
        for line in found[key]:
            line.overridden = answer


def _answers(
    keys: Sequence[tuple[int, str, str]], decks: Mapping[int, int], now: datetime
) -> dict[tuple[int, str, str], OverriddenAnswer]:
    """The rows of ``keys``, created where missing. Accepted ones are undecided again, as they count as wrong.

    ``decks`` are the decks of their cards; all are primary keys.
    """
    if not keys:
        return {}
    new = [
        OverriddenAnswer(card_id=card, deck_id=decks[card], side=side, digest=digest, checked_at=now)
        for card, side, digest in keys
    ]
    OverriddenAnswer.objects.bulk_create(new, ignore_conflicts=True)
    named = Q(card__in={card for card, _, _ in keys}, digest__in={digest for _, _, digest in keys})
    rows = {(row.card_id, row.side, row.digest): row for row in OverriddenAnswer.objects.filter(named)}
    again = [row.pk for key, row in rows.items() if key in keys and row.decision == Decision.ACCEPTED]
    if again:
        OverriddenAnswer.objects.filter(pk__in=again).update(decision="", checked_at=now)
    return {key: rows[key] for key in keys if key in rows}


def digest_of(response: str) -> str:
    """A digest that is equal for answers that the judge treats as the same text."""
    return hashlib.sha256(normalised(response).encode()).hexdigest()


def judged_now(card: Card, side: str, response: str, question: Question | None) -> Judgement:
    """The judgement of ``response`` by the card's present texts, beside the other cards of its question."""
    return judge(
        response,
        getattr(card, side),
        accepted=getattr(card, f"accepted_{side}s"),
        prompt=getattr(card, Side(side).other),
        others=question.others if question else (),
        twins=question.twins if question else (),
    )


def question_of(line: Review) -> Question | None:
    return Question.from_json(line.step.question) if line.step else None


# --- Reading


def waiting_in(deck: Deck) -> OverriddenAnswerQuerySet:
    """The answers that wait for a decision in ``deck``, the most frequent first."""
    waiting = OverriddenAnswer.objects.waiting([deck.pk]).with_counts()
    return waiting.order_by(F("times").desc(), F("last").desc())


def with_texts(answers: Iterable[Any]) -> list[Waiting]:
    """``answers``, annotated with their counts, with cards and texts: two more statements."""
    answers = list(answers)
    lines = Review.objects.only("response").in_bulk([answer.last for answer in answers])
    cards = Card.objects.in_bulk({answer.card_id for answer in answers})
    return [
        Waiting(answer, cards[answer.card_id], lines[answer.last].response, answer.times, answer.learners)
        for answer in answers
        if answer.last in lines
    ]


def waiting_counts(decks: Collection[int]) -> dict[int, int]:
    """The number of waiting answers by deck, for these primary keys; decks without any are missing."""
    counted = OverriddenAnswer.objects.waiting(decks).values("deck").annotate(number=Count("pk"))
    return dict(counted.order_by().values_list("deck", "number"))


# --- Deciding


def is_waiting(answer: OverriddenAnswer) -> bool:
    """Whether the answer, to a present card, still waits for a decision."""
    return not answer.decision and answer.reviews.standing().exists()


def accept(answer: OverriddenAnswer) -> bool:
    """Add the answer, as it was typed last, to the accepted answers of its card.

    False, with nothing changed, if it is too long or the card has no room for another answer.
    """
    line = answer.reviews.standing().select_related("card").order_by("-pk").first()
    if line is None or len(clean_text(line.response)) > MAX_ALTERNATIVE:
        return False
    is_new = accept_answer(card=line.card, side=answer.side, text=line.response)
    card = Card.objects.get(pk=line.card_id)
    is_there = clean_text(line.response) in getattr(card, f"accepted_{answer.side}s")
    if is_new or is_there:
        decide(answer, Decision.ACCEPTED)
    return is_new or is_there


def decide(answer: OverriddenAnswer, decision: str) -> None:
    """Save the decision; a second one changes nothing."""
    OverriddenAnswer.objects.filter(pk=answer.pk, decision="").update(decision=decision)


def recheck(*, now: datetime, **of: object) -> None:
    """Accept waiting answers that now count as right, of cards that have changed since the last check.

    ``of`` says which cards: ``card=`` or ``deck=``.
    """
    undecided = OverriddenAnswer.objects.filter(decision="", card__updated_at__gt=F("checked_at"), **of)
    last = undecided.annotate(last=Max("reviews__pk", filter=Q(reviews__voided_at=None)))
    chosen = list(last.values_list("last", "pk")[:CHECKED_AT_ONCE])
    if not chosen:
        return
    by_line = {line: pk for line, pk in chosen if line}
    lines = Review.objects.filter(pk__in=by_line).select_related("card", "step")
    right = [
        by_line[line.pk]
        for line in lines
        if judged_now(line.card, line.side, line.response, question_of(line)).verdict is Verdict.CORRECT
    ]
    OverriddenAnswer.objects.filter(pk__in=[pk for _, pk in chosen]).update(checked_at=now)
    OverriddenAnswer.objects.filter(pk__in=right).update(decision=Decision.ACCEPTED)


def forget(cards: Collection[int]) -> None:
    """Delete the overridden answers of ``cards``, which are new questions now."""
    OverriddenAnswer.objects.filter(card__in=cards).delete()
