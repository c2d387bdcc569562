"""Spaced: the cards that FSRS says are due, with new cards in between; the learner flips them and rates each.

The queue: same-day steps that are due; then the reviews that were due earliest, least remembered first, with new
cards spread evenly among them; then same-day steps up to 20 minutes early (a setting). A card never comes twice
in a row while there is another one. Daily limits can be exceeded: the queues ``ahead`` and ``weakest`` ask more
cards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from sessions_app.study.modes.types import CardQueue, Scheduled
from sessions_app.study.questions import building, grading
from sessions_app.study.questions.kinds.base import plain_question
from sessions_app.study.questions.types import Graded, InvalidResponseError, Question
from sessions_app.study.scheduling.fsrs_memory import retrievability
from sessions_app.study.types import CardSide, Evidence, Kind, Moment, Rating, Verdict

DUE, AHEAD, WEAKEST = "due", "ahead", "weakest"
QUEUES = (DUE, AHEAD, WEAKEST)

REVIEWS_AT_ONCE = 200
EXTRA_CARDS = 20

# Why a card was drawn.
LEARNING, REVIEW, NEW, EXTRA = "learning", "review", "new", "extra"

Candidate = tuple[CardSide, str]


def draw(queue: CardQueue, moment: Moment, rng: Random) -> Question | None:
    """The next question, or None if nothing is left for now. The card does not depend on ``rng``."""
    steps = queue.learning(before=moment.now + timedelta(minutes=queue.settings.learn_ahead))
    due = [(item.asks, LEARNING) for item in steps if item.due <= moment.now]
    early = [(item.asks, LEARNING) for item in steps if item.due > moment.now]
    candidates = [*due, *_main_pool(queue, moment), *early]
    last = queue.last_asked
    others = (candidate for candidate in candidates if last is None or candidate[0].card_id != last.card_id)
    chosen = next(others, None) or next(iter(candidates), None)
    if chosen is None:
        return None
    asks, origin = chosen
    typed = _typed_question(queue, asks, origin, rng) if queue.settings.typed else None
    return typed or plain_question(Kind.FLIP, queue.card(asks), origin)


def grade(question: Question, response: Mapping[str, str]) -> list[Graded]:
    """The learner's own rating, ``response["rating"]``: 1 again, 2 hard, 3 good, 4 easy.

    A typed answer is first compared (verdict ``ASK``); the learner rates it afterwards.
    """
    if question.kind is Kind.TYPED and not {"rating", "held"} <= response.keys():
        return [replace(grading.grade(question, response), verdict=Verdict.ASK)]
    typed = response.get("typed", "") if question.kind is Kind.TYPED else ""
    value = response.get("rating", "")
    if value not in {"1", "2", "3", "4"}:
        raise InvalidResponseError("Choose Again, Hard, Good or Easy.")
    rating = Rating(int(value))
    verdict = Verdict.WRONG if rating is Rating.AGAIN else Verdict.CORRECT
    return [Graded(question.card_id, Evidence.RECALL, verdict, rating, typed[: grading.LONGEST_RESPONSE])]


def _typed_question(queue: CardQueue, asks: CardSide, origin: str, rng: Random) -> Question | None:
    """The question with a typed answer; None if its answer cannot be typed."""
    pool = queue.card_pool(asks, rng)
    return building.ask(Kind.TYPED, pool, rng, origin=origin, strict=queue.settings.strict) if pool else None


def _main_pool(queue: CardQueue, moment: Moment) -> list[Candidate]:
    if queue.settings.queue == DUE:
        return _due_and_new(queue, moment)
    seen = {asked.asks for asked in queue.asked if asked.origin == EXTRA}
    wanted = EXTRA_CARDS - len(seen)
    if wanted <= 0:
        return []
    limit = EXTRA_CARDS + len(seen)
    ahead = queue.settings.queue == AHEAD
    items = queue.review(until=None, limit=limit) if ahead else queue.weakest(limit=limit)
    return [(item.asks, EXTRA) for item in items if item.asks not in seen]


def _due_and_new(queue: CardQueue, moment: Moment) -> list[Candidate]:
    reviews = queue.review(until=moment.today, limit=REVIEWS_AT_ONCE)
    new_done, reviews_done = queue.asked_by_origin[NEW], queue.asked_by_origin[REVIEW]
    new_left = min(queue.settings.new_limit - new_done, REVIEWS_AT_ONCE)
    unseen = queue.unseen(limit=new_left) if new_left > 0 else []
    due = [(item.asks, REVIEW) for item in _least_remembered_first(reviews, moment)]
    new = [(asks, NEW) for asks in unseen]
    if _new_is_next(new_done, len(new), reviews_done, len(due)):
        return new + due
    return due + new


def _least_remembered_first(reviews: Sequence[Scheduled], moment: Moment) -> list[Scheduled]:
    return sorted(reviews, key=lambda item: (retrievability(item, moment.now), item.asks))


def _new_is_next(new_done: int, new_left: int, reviews_done: int, reviews_left: int) -> bool:
    """Whether a new card is next if both are merged evenly: the i-th of n is at (i + 1/2) / n of the way."""
    if not new_left or not reviews_left:
        return bool(new_left)
    new_place = (new_done + 0.5) / (new_done + new_left)
    review_place = (reviews_done + 0.5) / (reviews_done + reviews_left)
    return new_place < review_place
