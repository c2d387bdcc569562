"""Starting a test: its paper is drawn, or copied from a friend's."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random, SystemRandom

from django.db import transaction
from django.db.models import Max

from cards.models import Deck, SideChoice
from cards.text.studied_side import sides_of
from sessions_app.models import CardProgress, Enrollment, Paper, Step, StudySession
from sessions_app.practice_test.handing_in import hand_in_locked
from sessions_app.practice_test.saving import is_over
from sessions_app.questions.pool import FEWEST_READ, READ_FOR_A_QUESTION, test_pool
from sessions_app.questions.queue import DeckQueue
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.study.days import study_day
from sessions_app.study.modes import TEST, test
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import Question
from sessions_app.study.types import CardSide, Level, Side
from studysite.accounts.models import User

STILL_OPEN = "Finish this test first."

WHOLE_DECK = 1_000
"""Of a deck of up to this many cards a test may ask each; of a larger one those that a sample finds."""

SPARE = 2
"""So many times the cards that a test reads are looked at: some are suspended, buried or removed."""


def start(
    *,
    learner: User,
    deck: Deck,
    settings: SessionSettings,
    now: datetime,
    missed: Collection[CardSide] = (),
) -> StudySession | None:
    """The learner's open test in the deck, or a new one; None if no card can be asked as ``settings`` say.

    With ``missed`` only these questions are asked, also if the learner has chosen the other side since.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        if open_session := _still_open(learner, enrollment, now):
            return open_session
        session = _new_session(learner, deck, settings, now)
        rng = Random(f"{session.seed}:0")
        queue = DeckQueue(session, enrollment, now)
        choice = SideChoice.BOTH if missed else settings.side
        askable = _on_chosen_sides(_choosable(queue), choice)
        if choice:
            aside = _put_aside(enrollment, now)
            askable = [asks for asks in askable if asks not in aside and (not missed or asks in missed)]
        cards = {asks.card_id for asks in askable}
        if len(askable) > len(cards):
            session.settings = replace(settings, size=len(askable), cards_to_ask=len(cards)).to_json()
        pool = replace(test_pool(enrollment, settings, askable, rng), held=queue.siblings.among(askable))
        drawn = test.paper(pool, settings, rng)
        if not drawn.questions:
            return None
        session.save()
        _lay_out(session, drawn.questions, short=[kind.value for kind in drawn.short])
    return session


def take(*, learner: User, source: Paper, shown_as: str, now: datetime) -> StudySession:
    """Start a test with the questions of ``source``, a friend's paper; or return the learner's open test.

    The friend sees the score under the name ``shown_as``, unless that is empty.
    """
    deck = source.session.deck
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        if open_session := _still_open(learner, enrollment, now):
            return open_session
        settings = SessionSettings.from_json(source.session.settings)
        session = _new_session(learner, deck, settings, now)
        session.save()
        steps = source.session.steps.on_paper()
        questions = [Question.from_json(step.question) for step in steps]
        _lay_out(session, questions, short=source.short, source=source, shown_as=shown_as)
    return session


def _still_open(learner: User, enrollment: Enrollment, now: datetime) -> StudySession | None:
    """The session of the learner's open test. A test whose time is up is handed in first."""
    session = learner.study_sessions.open().filter(deck=enrollment.deck, mode=TEST.name).first()
    if session is None:
        return None
    paper = Paper.objects.select_for_update().get(session=session)
    paper.session, session.deck = session, enrollment.deck
    if is_over(paper, now) and paper.handed_in_at is None:
        hand_in_locked(paper, enrollment, now)
    return session if session.finished_at is None else None


def _choosable(queue: DeckQueue) -> list[CardSide]:
    """The questions that a test may ask; of a deck of more than WHOLE_DECK cards those of some cards at random.

    Reading 100,000 keys would take longer than all the rest. If the test is about some cards only, or too few of
    those at random can be asked, all questions are read.
    """
    session, settings, deck = queue.session, queue.settings, queue.enrollment.deck
    if deck.card_count <= WHOLE_DECK or settings.starred or settings.tag or settings.cards:
        return queue.choosable()
    needed = max(FEWEST_READ, READ_FOR_A_QUESTION * settings.questions)
    last = deck.cards.present().aggregate(last=Max("position"))["last"] or 0
    # Not the numbers that the test is drawn with: those are the same for every deck.
    places = Random(f"{session.seed}:places").sample(range(last + 1), min(last + 1, SPARE * needed))
    some = deck.cards.present().filter(position__in=places).values_list("pk", flat=True)
    narrowed = copy(session)
    narrowed.settings = replace(settings, cards=tuple(some)).to_json()
    found = DeckQueue(narrowed, queue.enrollment, queue.now).choosable()
    return found if len(found) >= needed else queue.choosable()


def _on_chosen_sides(asked: Sequence[CardSide], choice: str) -> Sequence[CardSide]:
    """The questions about the cards of ``asked`` on the sides of ``choice``; ``asked`` itself if that is empty."""
    if not choice:
        return asked
    cards = dict.fromkeys(asks.card_id for asks in asked)
    return [CardSide(card, Side(side)) for card in cards for side in sides_of(choice)]


def _put_aside(enrollment: Enrollment, now: datetime) -> set[CardSide]:
    """The deck's questions that the learner has suspended or buried, also about sides that are not asked for."""
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    # A union, so that each is found by its index.
    aside = rows.filter(suspended=True).values_list("card_id", "side")
    aside = aside.union(rows.filter(buried_until__gt=now).values_list("card_id", "side"))
    return {CardSide(card, Side(side)) for card, side in aside}


def _new_session(learner: User, deck: Deck, settings: SessionSettings, now: datetime) -> StudySession:
    return StudySession(
        learner=learner,
        deck=deck,
        mode=TEST.name,
        settings=settings.to_json(),
        seed=SystemRandom().getrandbits(31),
        study_day=study_day(now, learner.zone),
        started_at=now,
    )


def _lay_out(
    session: StudySession,
    questions: Sequence[Question],
    *,
    short: Sequence[str],
    source: Paper | None = None,
    shown_as: str = "",
) -> None:
    """Create the paper of a new session with all its steps."""
    seconds = SessionSettings.from_json(session.settings).seconds
    Paper.objects.create(
        session=session,
        questions=sum(map(paper_answers.points, questions)),
        short=list(short),
        deadline=session.started_at + timedelta(seconds=seconds) if seconds else None,
        source=source,
        shown_as=shown_as,
    )
    cards = {question.card_id for question in questions if not question.cards}
    rows = CardProgress.objects.filter(learner=session.learner_id, card__in=cards)
    levels = {(card, side): level for card, side, level in rows.values_list("card", "side", "level")}
    Step.objects.bulk_create(
        Step(
            session=session,
            position=position,
            # A block is about several cards.
            card_id=None if question.cards else question.card_id,
            origin=question.origin,
            question=question.to_json(),
            level=levels.get((question.card_id, question.side), Level.NEW),
            drawn_at=session.started_at,
            on_paper=True,
        )
        for position, question in enumerate(questions)
    )


def retake_settings(paper: Paper, cards: Sequence[int]) -> SessionSettings:
    """The settings for a test like this one, of only these cards."""
    settings = SessionSettings.from_json(paper.session.settings)
    return replace(settings, cards=tuple(cards), questions=len(cards), starred=False, tag=0)
