"""What a learner's questions of a deck are, counted one by one: the tests compare the site's queries with it.

A question is a card and a side that it asks for. The two questions of a card are siblings.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from cards.models import Card, Deck
from cards.text.studied_side import sides_of
from sessions_app.models import CardProgress, Enrollment, Step, StudySession
from sessions_app.questions.queue import DeckQueue
from sessions_app.questions.today import scheduled_for, today
from sessions_app.sessions import services
from sessions_app.study.days import day_start, study_day
from sessions_app.study.modes import learn, spaced
from sessions_app.study.modes.learn_history import SessionHistory
from sessions_app.study.questions.types import Question
from sessions_app.study.types import CardSide, Level, Side, State
from studysite.accounts.models import User


class ByHand:
    """One learner's questions of one deck at one instant."""

    def __init__(self, learner: User, deck: Deck, now: datetime) -> None:
        self.learner, self.now = learner, now
        self.today = study_day(now, learner.zone)
        self.enrollment = scheduled_for(Enrollment.objects.all(), learner, now).get(
            learner=learner, deck=deck
        )
        self.deck = self.enrollment.deck = Deck.objects.get(pk=deck.pk)
        self.enrollment.learner = learner
        self.cards = list(Card.objects.filter(deck=deck, removed_at=None).order_by("position", "pk"))
        choice = self.enrollment.side_choice
        self.asked = [
            CardSide(card.pk, Side(side))
            for card in self.cards
            for side in sides_of(card.studied_side if choice == "auto" else choice)
        ]
        self.rows = {
            CardSide(row.card_id, Side(row.side)): row
            for row in CardProgress.objects.filter(learner=learner, card__in=self.cards)
        }

    def row(self, asks: CardSide) -> CardProgress:
        return self.rows.get(asks) or CardProgress()

    def is_active(self, asks: CardSide) -> bool:
        return not self.row(asks).is_put_aside(self.now)

    # --- What is held back

    def held(self, session: StudySession) -> set[CardSide]:
        """Siblings of what was asked today, in this session, or is open in another one."""
        until = self.enrollment.siblings_until
        if len(self.asked) == len(self.cards) and (until is None or until < session.study_day):
            # Every card asks one side, and no answer is about another.
            return set()
        begun = day_start(self.now, self.learner.zone)
        shown = {asks for asks, row in self.rows.items() if row.last_day == self.today}
        steps = Step.objects.filter(session__learner=self.learner, session__deck=self.deck)
        for step in steps.select_related("session"):
            is_here, ended = step.session_id == session.pk, step.session.finished_at
            is_open = step.answered_at is None and step.retired_at is None
            is_taken_back = not step.on_paper and (step.retired_at is not None or not step.verdict)
            is_today = step.answered_at is not None and step.answered_at >= begun
            tells = not is_open if is_here else is_open or (is_taken_back and is_today)
            if tells and not (ended and ended < begun):
                question = Question.from_json(step.question)
                shown |= {CardSide(card, question.side) for card in question.cards or [question.card_id]}
        return {asks.sibling for asks in shown}

    # --- What could come now

    def left(self, queue: DeckQueue) -> set[CardSide]:
        """What the session's mode could ask now, also what is held back."""
        active = [asks for asks in self.asked if self.is_active(asks)]
        if queue.session.mode == "spaced":
            return self._left_in_spaced(queue, active)
        return self._left_in_learn(queue, active)

    def _left_in_spaced(self, queue: DeckQueue, active: list[CardSide]) -> set[CardSide]:
        wish, asked = queue.settings, queue.asked
        soon = self.now + timedelta(minutes=wish.learn_ahead)
        reviews = {asks for asks in active if self.row(asks).state == State.REVIEW}
        steps = {asks for asks in active if self.row(asks).memory and asks not in reviews}
        steps = {asks for asks in steps if self.row(asks).due <= soon}
        if wish.queue != spaced.DUE:
            extra = {one.asks for one in asked if one.origin == spaced.EXTRA}
            return steps | (reviews - extra if len(extra) < spaced.EXTRA_CARDS else set())
        due = {asks for asks in reviews if self.row(asks).due_day <= self.today}
        is_new_allowed = sum(one.origin == spaced.NEW for one in asked) < wish.new_limit
        return steps | due | {asks for asks in active if is_new_allowed and not self.row(asks).memory}

    def _left_in_learn(self, queue: DeckQueue, active: list[CardSide]) -> set[CardSide]:
        """Without those that had three questions: they come after the others, also after those held back."""
        history = self.history(queue)
        wanted = {asks for asks in active if history.is_wanted(asks) and not history.had_most_questions(asks)}
        begun = history.by_question
        if history.is_review:
            wanted = {asks for asks in wanted if asks not in begun or history.was_missed(asks)}
        else:
            # What had reached the goal before is not asked, also if only true or false is.
            wanted = {asks for asks in wanted if asks in begun or history.levels[asks] < history.goal}
        return {asks for asks in wanted if history.is_ready(asks)}

    def history(self, queue: DeckQueue) -> SessionHistory:
        cards = queue.settings.cards_to_ask or queue.settings.size
        history = SessionHistory(queue.asked, cards, learn.kinds_of(queue.settings))
        history.levels.update(
            (asks, Level(self.row(asks).level)) for asks in self.asked if self.is_active(asks)
        )
        return history

    def waiting(self, queue: DeckQueue) -> dict[str, int]:
        """How many questions each part of Spaced's queue has, also those that are held back."""
        soon = self.now + timedelta(minutes=queue.settings.learn_ahead)
        active = [self.row(asks) for asks in self.asked if self.is_active(asks)]
        memories = [row.memory for row in active if row.memory]
        reviews = [memory for memory in memories if memory.state is State.REVIEW]
        counted = {
            "learning": sum(memory.state is not State.REVIEW and memory.due <= soon for memory in memories),
            "review": sum(memory.due_day <= self.today for memory in reviews),
        }
        new_left = queue.settings.new_limit - sum(one.origin == spaced.NEW for one in queue.asked)
        return counted | ({"unseen": min(new_left, len(active) - len(memories))} if new_left > 0 else {})

    # --- The counts of the site

    def check_counts(self) -> None:
        """The deck's, the enrollment's and today's counts are those of the questions, one by one."""
        enrollment, rows = self.enrollment, [self.row(asks) for asks in self.asked]
        two_sided = sum(card.studied_side == "both" for card in self.cards)
        assert (self.deck.card_count, self.deck.two_sided_count) == (len(self.cards), two_sided)
        assert enrollment.question_count == len(self.asked)
        others = [row.last_day for asks, row in self.rows.items() if asks not in self.asked and row.last_day]
        assert not others or enrollment.siblings_until >= max(others)
        active = [row for row in rows if not row.suspended]
        levels = Counter(row.level for row in active)
        assert enrollment.roll_up() == {
            "recognised": levels[Level.RECOGNISED],
            "recalled": levels[Level.RECALLED],
            "learned": levels[Level.LEARNED],
            "mastered": levels[Level.MASTERED],
            "scheduled": sum(row.memory is not None for row in active),
            "suspended": len(rows) - len(active),
        }
        assert enrollment.new_count == levels[Level.NEW]
        free = [row for row in rows if not row.is_put_aside(self.now)]
        soon = self.now + timedelta(minutes=enrollment.learn_ahead)
        memories = [row.memory for row in free if row.memory]
        due = [memory for memory in memories if memory.due_day <= self.today]
        counted = today(enrollment, self.deck, now=self.now)
        assert counted.scheduled == len(memories)
        assert counted.unseen == len(free) - len(memories)
        assert counted.due == sum(memory.state is State.REVIEW or memory.due <= soon for memory in due)

    def check_hint(self) -> None:
        """No unseen question lies before the place where the search for one begins."""
        if self.enrollment.unseen_version != self.deck.order_version:
            return
        skipped = {card.pk for card in self.cards if card.position < self.enrollment.unseen_from}
        for asks in self.asked:
            row = self.row(asks)
            assert asks.card_id not in skipped or row.memory or row.suspended, asks


def check_draw(queue: DeckQueue, question: Question | None) -> None:
    """What was drawn is asked, its wrong options fit, and a sibling comes only if nothing else is left."""
    now = ByHand(queue.enrollment.learner, queue.session.deck, queue.now)
    if queue.settings.queue == learn.DRILL:
        return
    if queue.settings.queue == spaced.DUE:
        assert queue.waiting == now.waiting(queue)
    left, held = now.left(queue), now.held(queue.session)
    if question is None:
        assert queue.session.mode == "learn" or not left
        return
    assert question.asks in now.asked
    assert now.is_active(question.asks)
    is_repeated = question.origin in (learn.REVIEW, learn.PADDING)
    assert is_repeated or question.asks in left or queue.session.mode == "learn"
    assert question.asks not in held or not left - held, (question.asks, left - held)
    check_options(question)


def check_options(question: Question) -> None:
    """All options are of the question's side, and its other text is none of the wrong ones."""
    cards = Card.objects.in_bulk([pk for pk in question.option_cards if pk])
    for pk, option in zip(question.option_cards, question.options, strict=False):
        if pk and pk in cards:
            assert option == getattr(cards[pk], question.side), option
    wrong = [option for option in question.options if option != question.answer]
    assert question.prompt not in wrong


def check_paper(questions: list[Question]) -> None:
    """No card is on the paper twice."""
    cards = [card for question in questions for card in question.cards or [question.card_id]]
    assert len(set(cards)) == len(cards)
    for question in questions:
        check_options(question)


@contextmanager
def watched_draws() -> Iterator[None]:
    """Check each question of Learn and Spaced when it is drawn."""
    drawn = services.draw

    def draw(queue: DeckQueue, learner: User, **moment: object) -> Question | None:
        question = drawn(queue, learner, **moment)
        check_draw(queue, question)
        return question

    with patch.object(services, "draw", draw):
        yield


def progress_of(learner: User) -> list[tuple[object, ...]]:
    """All of the learner's rows and roll-ups, to compare them with later ones."""
    names = [field.attname for field in CardProgress._meta.fields]
    rows = CardProgress.objects.filter(learner=learner).order_by("pk").values_list(*names)
    enrollments = Enrollment.objects.filter(learner=learner).order_by("pk")
    return [*rows, *(tuple(one.roll_up().items()) for one in enrollments)]
