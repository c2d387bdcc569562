"""Papers: starting a test, saving what is filled in, handing it in, judging, and letting friends take the same.

Whatever writes into a paper locks its row, so that nothing that was acknowledged is missing when it is graded. Who
also writes to the log locks the learner's enrollment first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random, SystemRandom

from django.db import transaction
from django.db.models import Case, IntegerField, JSONField, Sum, Value, When

from cards.models import Deck
from sessions_app import bulk_log, log, scores
from sessions_app.desk import DeckDesk
from sessions_app.models import CardProgress, Enrollment, Paper, Step, StudySession
from sessions_app.models.paper import PaperQuerySet
from sessions_app.services import end_session, lock_enrollment, study_day_of
from sessions_app.stock import stock_of
from sessions_app.study import sheets
from sessions_app.study.modes import test
from sessions_app.study.types import InvalidResponseError, Level, Question, SessionSettings
from studysite.accounts.models import User
from studysite.requests import whole_number

MODE = "test"
# What is sent at the last moment may be under way for so long.
GRACE = timedelta(seconds=5)
UNJUDGED = "Say whether your answer is right."
MAX_REVISION = 2**31 - 1

Filled = Mapping[int, Mapping[str, str]]


@dataclass
class Saved:
    """What came of a post to ``paper``: by position what could not be kept, and which answers were older ones."""

    paper: Paper
    errors: dict[int, str] = field(default_factory=dict)
    revisions: dict[int, int] = field(default_factory=dict)
    is_late: bool = False


def start(*, learner: User, deck: Deck, settings: SessionSettings, now: datetime) -> StudySession | None:
    """The learner's open test of the deck, or a new one; None where no card can be asked as ``settings`` want."""
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        if open_session := _still_open(learner, enrollment, now):
            return open_session
        session = _new_session(learner, deck, settings, now)
        rng = Random(f"{session.seed}:0")
        drawn = test.paper(stock_of(DeckDesk(session, enrollment, now), rng), settings, rng)
        if not drawn.questions:
            return None
        session.save()
        _lay_out(session, drawn.questions, short=[kind.value for kind in drawn.short])
    return session


def take(*, learner: User, source: Paper, shown_as: str, now: datetime) -> StudySession:
    """Start a test with the questions of ``source``, a friend's paper, or go on with the open one.

    The friend sees the score under the name ``shown_as``, if there is one.
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
    """The session whose paper the learner has before her; one whose time is up is handed in first."""
    session = learner.study_sessions.open().filter(deck=enrollment.deck, mode=MODE).first()
    if session is None:
        return None
    paper = Paper.objects.select_for_update().get(session=session)
    paper.session, session.deck = session, enrollment.deck
    if is_over(paper, now) and paper.handed_in_at is None:
        _hand_in(paper, enrollment, now)
    return session if session.finished_at is None else None


def _new_session(learner: User, deck: Deck, settings: SessionSettings, now: datetime) -> StudySession:
    return StudySession(
        learner=learner,
        deck=deck,
        mode=MODE,
        settings=settings.to_json(),
        seed=SystemRandom().getrandbits(31),
        study_day=study_day_of(learner, now),
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
    """Make the paper of a new session with all its steps."""
    seconds = SessionSettings.from_json(session.settings).seconds
    Paper.objects.create(
        session=session,
        questions=sum(map(sheets.points, questions)),
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


# --- Filling in


def is_over(paper: Paper, now: datetime) -> bool:
    """Whether the paper's time is up; what was sent before may still be under way."""
    return paper.deadline is not None and now > paper.deadline + GRACE


def answered(paper: Paper) -> int:
    """How many of the paper's questions have an answer."""
    return Step.objects.filter(session=paper.session_id).aggregate(filled=Sum("filled"))["filled"] or 0


def save(*, papers: PaperQuerySet, filled: Filled, now: datetime, is_judgement: bool = False) -> Saved:
    """Keep what is filled in on the one of ``papers``: answers, or once it is handed in the learner's judgement.

    An older revision never overwrites a newer one. Late, with nothing kept, where the time is up, where answers
    come after it was handed in, or where it has its score. Raises Paper.DoesNotExist where there is none.
    """
    with transaction.atomic():
        paper = lock(papers)
        saved = Saved(paper)
        is_handed_in = paper.handed_in_at is not None
        is_too_late = is_over(paper, now) and not is_handed_in
        if paper.session.finished_at or is_too_late or is_handed_in != is_judgement:
            saved.is_late = True
        else:
            _fill(saved, list(paper.session.steps.on_paper().filter(position__in=filled)), filled)
    return saved


def lock(papers: PaperQuerySet) -> Paper:
    """The one of ``papers`` as it is now, with its session and deck, locked until the transaction ends.

    The session too: of a row that is not locked PostgreSQL tells how it was before the wait.
    """
    return papers.select_for_update(of=("self", "session")).select_related("session__deck").get()


def _fill(saved: Saved, steps: Sequence[Step], filled: Filled) -> None:
    """Write into ``steps`` what is new in ``filled``, in one statement; note what is wrong with it."""
    changed = []
    for step in steps:
        data = filled.get(step.position)
        if data is None:
            continue
        question = Question.from_json(step.question)
        try:
            response = _read(saved.paper, question, step, data)
        except InvalidResponseError as error:
            saved.errors[step.position] = str(error)
            continue
        # What comes without one is older than whatever is saved.
        revision = whole_number(data.get("revision", ""), most=MAX_REVISION) or 0
        if response != step.saved and step.revision < revision:
            step.saved, step.revision = response, revision
            step.filled = sheets.filled(question, response)
            changed.append(step)
        saved.revisions[step.position] = step.revision
    if changed:
        _write(changed)


def _read(paper: Paper, question: Question, step: Step, data: Mapping[str, str]) -> dict[str, str]:
    if paper.handed_in_at is None:
        return sheets.read(question, data)
    return (
        sheets.read_judgement(question, step.saved, data) if sheets.asks(question, step.saved) else step.saved
    )


def _write(steps: Sequence[Step]) -> None:
    keys = [step.pk for step in steps]
    revisions = Case(
        *(When(pk=step.pk, then=Value(step.revision)) for step in steps), output_field=IntegerField()
    )
    responses = Case(
        *(When(pk=step.pk, then=Value(step.saved, JSONField())) for step in steps), output_field=JSONField()
    )
    counts = Case(*(When(pk=step.pk, then=Value(step.filled)) for step in steps), output_field=IntegerField())
    Step.objects.filter(pk__in=keys, revision__lt=revisions).update(
        saved=responses, filled=counts, revision=revisions
    )


# --- Handing in


def hand_in(*, learner: User, paper: Paper, filled: Filled, now: datetime) -> Saved:
    """Keep what is filled in, if there is time, and hand the paper in, once; then grade it.

    Where answers need the learner's own judgement it gets its score when she has given it. An answer that cannot
    be kept hands nothing in.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        saved = Saved(paper)
        if paper.session.finished_at or paper.handed_in_at:
            saved.is_late = True
            return saved
        steps = list(paper.session.steps.on_paper())
        if not is_over(paper, now):
            _fill(saved, steps, filled)
        if not saved.errors:
            _hand_in(paper, enrollment, now, steps)
    return saved


def judge(*, learner: User, paper: Paper, filled: Filled, now: datetime) -> Saved:
    """Keep how the learner judges her answers, and score the paper if she has judged all that need it."""
    with transaction.atomic():
        enrollment = lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        saved = Saved(paper)
        if paper.session.finished_at or paper.handed_in_at is None:
            saved.is_late = True
            return saved
        steps = list(paper.session.steps.on_paper())
        _fill(saved, steps, filled)
        left = to_judge(steps)
        saved.errors |= {step.position: UNJUDGED for step in left if step.position not in saved.errors}
        if not left:
            _score(paper, enrollment, steps, now)
    return saved


def to_judge(steps: Sequence[Step]) -> list[Step]:
    """The steps whose answers wait for the learner's own judgement."""
    return [step for step in steps if needs_judgement(step) and not is_judged(step)]


def needs_judgement(step: Step) -> bool:
    return sheets.asks(Question.from_json(step.question), step.saved)


def is_judged(step: Step) -> bool:
    return sheets.is_judged(Question.from_json(step.question), step.saved)


def _hand_in(
    paper: Paper, enrollment: Enrollment, now: datetime, steps: Sequence[Step] | None = None
) -> None:
    """Hand the paper in; one whose time was up then, as of that moment."""
    paper.handed_in_at = min(now, paper.deadline) if paper.deadline else now
    if not Paper.objects.unhanded().filter(pk=paper.pk).update(handed_in_at=paper.handed_in_at):
        return
    steps = list(paper.session.steps.on_paper()) if steps is None else steps
    if not to_judge(steps):
        _score(paper, enrollment, steps, now)


def _score(paper: Paper, enrollment: Enrollment, steps: Sequence[Step], now: datetime) -> None:
    """Grade the paper, log what its answers say, and end the session, in as many statements for any number."""
    session, when = paper.session, paper.handed_in_at or now
    session.learner = enrollment.learner
    entries, answered_steps = [], []
    for step in steps:
        step.session = session
        question = Question.from_json(step.question)
        graded = test.grade(question, step.saved)
        paper.verdicts[str(step.position)] = scores.verdicts_of(sheets.cards_of(question), graded)
        entries += [bulk_log.Entry(step, question, item) for item in graded]
        answered_steps += [step.pk] if graded else []
    paper.graded = paper.right = scores.count_right(paper.verdicts)
    changes = bulk_log.write_all(
        enrollment=enrollment, entries=entries, now=when, today=study_day_of(enrollment.learner, when)
    )
    Step.objects.filter(pk__in=answered_steps).update(answered_at=when)
    paper.save(update_fields=["verdicts", "graded", "right"])
    session.finished_at = now
    session.save(update_fields=["finished_at"])
    log.roll_up(enrollment, changes, now=now)


def discard(*, learner: User, paper: Paper, now: datetime) -> None:
    """End the test without a score and without evidence; one that was handed in stays."""
    with transaction.atomic():
        lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        if paper.handed_in_at is None:
            end_session(paper.session, now)


# --- What comes after


def retake_settings(paper: Paper, cards: Sequence[int]) -> SessionSettings:
    """The settings for a test like this one of just these cards."""
    settings = SessionSettings.from_json(paper.session.settings)
    return replace(settings, cards=tuple(cards), questions=len(cards), starred=False, tag=0)
