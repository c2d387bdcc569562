"""The rule of the log, checked by a state machine: three learners do everything that the site allows, in any
order, with a jumping clock. After each step a replay of the log changes nothing, and the counts are those of the
questions one by one. Siblings, the two questions of a card, come only if nothing else is left (`by_hand`).

The test can fail: without the call of ``add_to_days`` in ``replaying.apply_replay``, an undo left its day total
unchanged within seconds; without `Siblings.of_steps`, both questions of a card came in one session.
``MACHINE_EXAMPLES=500`` searches for longer.
"""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from cards.editing.cards import remove_cards, restore_cards, save_card
from cards.editing.decks import refresh_deck, update_studied_sides
from cards.formats.types import Learned, ParsedCard, PastReview, Schedule
from cards.importing.history import FileHistory
from cards.models import Card, Deck, SideChoice
from sessions_app.corrections import services as corrections
from sessions_app.learners import settings as learners_settings
from sessions_app.learners.guests import guest_merge
from sessions_app.matching import services as matching
from sessions_app.models import Enrollment, MatchingBoard, Paper, Review, Step
from sessions_app.practice_test import handing_in, saving, starting
from sessions_app.review_log import importing
from sessions_app.review_log.anki import AnkiHistories
from sessions_app.sessions import marks
from sessions_app.sessions import services as sessions
from sessions_app.sessions.marks import Mark
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import InvalidResponseError, Question
from sessions_app.study.types import Kind, Verdict
from studysite.accounts.models import User
from tests.sessions_app.by_hand import ByHand, check_paper, progress_of, watched_draws
from tests.sessions_app.conftest import names_of
from tests.sessions_app.machine import LogMachine, search

pytestmark = pytest.mark.long

SPACED, LEARN = "spaced", "learn"
KINDS = ("choice", "true_false", "typed", "flip")
PEOPLE = (("ada", "UTC"), ("bea", "America/New_York"), ("cem", "Pacific/Auckland"))
# The first learner does most, so that their histories grow.
WHO = st.sampled_from([0, 0, 0, 1, 2])
CARDS = 5
CHOICES = st.sampled_from(SideChoice.values)
LETTERS, WORDS = "abcde", ("ox", "hen", "cat", "dog", "bee")


def response_to(question: Question, *, right: bool) -> dict[str, str]:
    """A right or wrong response to a question of Learn."""
    if question.kind is Kind.CHOICE:
        answer = question.options.index(question.answer)
        return {"option": str(answer if right else (answer + 1) % len(question.options))}
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": "true" if (question.options[0] == question.answer) is right else "false"}
    if question.kind is Kind.TYPED:
        return {"typed": question.answer if right else "something else"}
    return {"knew": "yes" if right else "no"}


class OneCard(FileHistory):
    """What a file says about one card."""

    decks = ()

    def __init__(self, card: ParsedCard) -> None:
        self.card = card

    def __iter__(self) -> Iterator[Learned]:
        yield Learned(1, self.card.key, self.card)


class Site(LogMachine):
    """A deck of five cards, some of which ask for both sides, and three learners of it."""

    @initialize(two_sided=st.sets(st.integers(0, CARDS - 1)))
    def open(self, two_sided: set[int]) -> None:
        self.begin(*PEOPLE)
        self.watching = watched_draws()
        self.watching.__enter__()
        self.deck = Deck.objects.create(owner=self.learners[0], title="D", visibility="public")
        for number in range(CARDS):
            Card.objects.create(
                deck=self.deck,
                position=number,
                term=f"T {LETTERS[number]}",
                definition=WORDS[number],
                side_choice="both" if number in two_sided else "auto",
            )
        refresh_deck(deck=self.deck)

    def teardown(self) -> None:
        if hasattr(self, "watching"):
            self.watching.__exit__(None, None, None)
        super().teardown()

    # --- Time

    @rule(who=WHO, zone=st.sampled_from(["UTC", "Asia/Kolkata", "Pacific/Honolulu", "Pacific/Kiritimati"]))
    def learner_travels(self, who: int, zone: str) -> None:
        self.learners[who].time_zone = zone

    # --- Studying

    @rule(
        who=WHO,
        queue=st.sampled_from(["due", "due", "ahead", "weakest"]),
        ratings=st.lists(st.sampled_from("1233344"), min_size=1, max_size=4),
    )
    def study(self, who: int, queue: str, ratings: list[str]) -> None:
        """Continue the open session, or start one, and answer."""
        self.fresh()
        settings = SessionSettings(queue, new_limit=3)
        learner = self.learners[who]
        sessions.session_start(learner=learner, deck=self.deck, mode=SPACED, settings=settings, now=self.now)
        for rating in ratings:
            self.now += timedelta(seconds=20)
            if step := self.open_step(who, SPACED):
                sessions.step_answer(learner=learner, step=step, response={"rating": rating}, now=self.now)

    @rule(
        who=WHO,
        kinds=st.lists(st.sampled_from(KINDS), max_size=3, unique=True),
        rights=st.lists(st.booleans(), min_size=1, max_size=6),
    )
    def learn(self, who: int, kinds: list[str], rights: list[bool]) -> None:
        """The same in Learn, in these kinds of question."""
        self.fresh()
        learner = self.learners[who]
        settings = SessionSettings(kinds=tuple(kinds))
        sessions.session_start(learner=learner, deck=self.deck, mode=LEARN, settings=settings, now=self.now)
        for right in rights:
            self.now += timedelta(seconds=20)
            if step := self.open_step(who, LEARN):
                response = response_to(Question.from_json(step.question), right=right)
                sessions.step_answer(learner=learner, step=step, response=response, now=self.now)

    @rule(who=WHO)
    def ask_instead(self, who: int) -> None:
        """A learner who knows the card shows the answer at once."""
        if step := self.open_step(who, LEARN):
            sessions.step_instead(learner=self.learners[who], step=step, now=self.now)

    @rule(who=WHO, nth=st.integers(0, 30))
    def take_out(self, who: int, nth: int) -> None:
        """ "My answer is also right": the answer counts neither as right nor as wrong."""
        lines = Review.objects.filter(learner=self.learners[who]).select_related("card__deck").order_by("pk")
        if line := lines[nth : nth + 1].first():
            corrections.answer_void(learner=self.learners[who], line=line, now=self.now)

    @rule(
        who=WHO,
        nth=st.integers(0, CARDS - 1),
        answers=st.lists(st.tuples(st.integers(1, 90_000), st.integers(1, 4)), max_size=4),
        interval=st.integers(0, 400),
        state=st.sampled_from(["new", "learning", "review", "relearning"]),
        suspended=st.booleans(),
        side=st.sampled_from(["definition", "definition", "term"]),
    )
    def bring_history(
        self,
        who: int,
        nth: int,
        answers: list[tuple[int, int]],
        interval: int,
        state: str,
        suspended: bool,
        side: str,
    ) -> None:
        """Import answers from Anki, given before or between the answers here."""
        self.fresh()
        learner, card = self.learners[who], self.deck.cards.in_order()[nth]
        past = [
            PastReview(side, self.now - timedelta(minutes=ago), rating, 1_000, "review", 1.0)
            for ago, rating in sorted(answers, reverse=True)
        ]
        due = self.now.date() + timedelta(days=interval - 30)
        schedule = Schedule(
            side, state, due_day=due, interval_days=interval, stability=interval or None, suspended=suspended
        )
        parsed = ParsedCard("", "", key=card.key, reviews=tuple(past), schedules=(schedule,))
        source = AnkiHistories(
            OneCard(parsed),
            deck=self.deck,
            learner=learner,
            keys={card.key: card.pk},
            now=self.now,
        )
        importing.write(
            deck=self.deck,
            learner=learner,
            histories=source,
            read_settings=source.read_settings,
            start=0,
            seconds=9,
        )

    def open_step(self, who: int, mode: str | None = None) -> Step | None:
        steps = Step.objects.unanswered().filter(
            session__learner=self.learners[who], session__finished_at=None
        )
        steps = steps.filter(session__mode=mode) if mode else steps
        return steps.select_related("session__deck", "card").first()

    @rule(who=WHO, nth=st.integers(0, 30))
    def answer_again(self, who: int, nth: int) -> None:
        """A stale post: to a step that was answered or retired long ago."""
        closed = Step.objects.exclude(answered_at=None, retired_at=None).filter(
            session__learner=self.learners[who], on_paper=False
        )
        steps = closed.select_related("session__deck", "card").order_by("pk")
        step = steps[nth : nth + 1].first()
        if step:
            response = {"rating": "4", "unknown": "1"}
            state = sessions.step_answer(
                learner=self.learners[who], step=step, response=response, now=self.now
            )
            assert state.is_stale

    @rule(who=WHO, mode=st.sampled_from([SPACED, LEARN]))
    def finish(self, who: int, mode: str) -> None:
        self.learners[who].study_sessions.filter(deck=self.deck, mode=mode).finish(self.now)

    @rule(who=WHO, back=st.sampled_from([0, 0, 0, 1]))
    def undo(self, who: int, back: int) -> None:
        answered = Step.objects.exclude(answered_at=None).filter(session__learner=self.learners[who])
        step = (
            answered.select_related("session__deck", "card")
            .order_by("-answered_at", "-pk")[back : back + 1]
            .first()
        )
        if step:
            answer_undo(learner=self.learners[who], step=step, now=self.now)

    @rule(who=WHO, nth=st.integers(0, 30), verdict=st.sampled_from(Verdict))
    def override(self, who: int, nth: int, verdict: Verdict) -> None:
        lines = Review.objects.filter(learner=self.learners[who]).select_related("card__deck").order_by("pk")
        line = lines[nth : nth + 1].first()
        if line and verdict is not Verdict.ASK:
            corrections.answer_override(learner=self.learners[who], line=line, verdict=verdict, now=self.now)

    # --- Tests

    @rule(
        who=WHO,
        kinds=st.sets(st.sampled_from(["choice", "true_false", "block", "typed", "flip"]), min_size=1),
        minutes=st.sampled_from([0, 0, 5]),
        side=st.sampled_from(["", "", "term", "definition", "both"]),
    )
    def start_a_test(self, who: int, kinds: set[str], minutes: int, side: str = "") -> None:
        self.fresh()
        settings = SessionSettings(
            questions=CARDS, kinds=tuple(sorted(kinds)), seconds=60 * minutes, side=side
        )
        session = starting.start(learner=self.learners[who], deck=self.deck, settings=settings, now=self.now)
        if session:
            check_paper([Question.from_json(step.question) for step in session.steps.on_paper()])

    def open_paper(self, who: int) -> Paper | None:
        found = Paper.objects.open().filter(session__learner=self.learners[who])
        return found.select_related("session__deck").first()

    @rule(
        who=WHO,
        chosen=st.lists(st.integers(0, 3), min_size=CARDS, max_size=CARDS),
        revision=st.integers(1, 5),
    )
    def fill_in(self, who: int, chosen: list[int], revision: int) -> None:
        """Answers that may be right, wrong, blank, or older than the saved one; or the learner's own grades."""
        paper = self.open_paper(who)
        if paper:
            filled = {
                position: self.filled(*each, revision)
                for position, each in enumerate(zip(chosen, chosen[1:] + chosen, strict=False))
            }
            saving.save(
                **names_of(paper),
                filled=filled,
                now=self.now,
                is_judgement=paper.handed_in_at is not None,
            )

    def filled(self, one: int, other: int, revision: int) -> dict[str, str]:
        return {
            "option": str(one),
            "truth": ("true", "false", "", "")[one],
            "typed": ("", "D 1", f"D {other}", "no idea")[one],
            "pair-0": str(one),
            "pair-1": str(other),
            "pair-2": "",
            "knew": ("yes", "no", "yes", "")[one],
            "verdict": "correct",
            "revision": str(revision),
        }

    @rule(who=WHO)
    def hand_in(self, who: int) -> None:
        paper = self.open_paper(who)
        if paper:
            handing_in.hand_in(learner=self.learners[who], paper=paper, filled={}, now=self.now)

    @rule(who=WHO, knew=st.lists(st.sampled_from(["yes", "no"]), min_size=CARDS, max_size=CARDS))
    def judge(self, who: int, knew: list[str]) -> None:
        paper = self.open_paper(who)
        if paper:
            filled = {n: {"knew": word, "verdict": "wrong", "revision": "99"} for n, word in enumerate(knew)}
            handing_in.judge(learner=self.learners[who], paper=paper, filled=filled, now=self.now)

    @rule(who=WHO, friend=WHO)
    def take_a_friends_paper(self, who: int, friend: int) -> None:
        source = Paper.objects.scored().filter(session__learner=self.learners[friend]).first()
        if source:
            starting.take(learner=self.learners[who], source=source, shown_as="Ada", now=self.now)

    # --- Marks and settings

    @rule(who=WHO, nth=st.integers(0, CARDS - 1), mark=st.sampled_from(Mark), on=st.booleans())
    def mark(self, who: int, nth: int, mark: Mark, on: bool) -> None:
        card = Card.objects.present().select_related("deck").order_by("pk")[nth : nth + 1].first()
        if card:
            marks.card_mark(learner=self.learners[who], card=card, mark=mark, on=on, now=self.now)

    @rule(who=WHO, mark=st.sampled_from([Mark.SUSPENDED, Mark.BURIED]))
    def put_aside(self, who: int, mark: Mark) -> None:
        if step := self.open_step(who):
            marks.step_put_aside(learner=self.learners[who], step=step, mark=mark, now=self.now)

    @rule(who=WHO, retention=st.sampled_from([0.75, 0.9, 0.95]), side=CHOICES)
    def change_settings(self, who: int, retention: float, side: str) -> None:
        learners_settings.settings_change(
            learner=self.learners[who], deck=self.deck, retention=retention, side_choice=side
        )

    @rule(who=WHO, side=CHOICES)
    def choose_a_side_and_change_back(self, who: int, side: str) -> None:
        """Progress on both sides stays, whatever is chosen."""
        learner = self.learners[who]
        enrollment = Enrollment.objects.filter(learner=learner, deck=self.deck).first()
        if enrollment:
            before = progress_of(learner)
            for choice in (side, enrollment.side_choice):
                learners_settings.settings_change(learner=learner, deck=self.deck, side_choice=choice)
            assert progress_of(learner) == before

    @rule(side=CHOICES, nth=st.none() | st.integers(0, CARDS - 1))
    def owner_chooses_a_side_and_changes_back(self, side: str, nth: int | None) -> None:
        before = [progress_of(learner) for learner in self.learners]
        was = self.deck.side_choice if nth is None else Card.objects.order_by("pk")[nth].side_choice
        for choice in (side, was):
            self.edit_deck(choice) if nth is None else self.edit_card(nth, choice)
        assert [progress_of(learner) for learner in self.learners] == before

    @rule(who=WHO)
    def start_over(self, who: int) -> None:
        learners_settings.start_over(learner=self.learners[who], deck=self.deck, now=self.now)

    # --- Matching, which leaves the log alone

    @rule(who=WHO, tries=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6))
    def play(self, who: int, tries: list[tuple[int, int]]) -> None:
        """Continue the open board, or start one; try some pairs, the first of them twice."""
        self.fresh()
        lines = Review.objects.count()
        learner = self.learners[who]
        board = matching.board_start(learner=learner, deck=self.deck, untimed=False, now=self.now)
        for number, pair in enumerate([*tries[:1], *tries] if board else []):
            revision = board.revision - (number == 1)
            with contextlib.suppress(InvalidResponseError):
                matching.board_try(board=board, pair=matching.Try(*pair), revision=revision, now=self.now)
        assert Review.objects.count() == lines

    @rule(who=WHO)
    def play_to_the_end(self, who: int) -> None:
        self.fresh()
        board = matching.board_start(learner=self.learners[who], deck=self.deck, untimed=False, now=self.now)
        found = {term for term, _ in board.found} if board else set()
        for term in range(board.pairs) if board else []:
            if term not in found:
                pair = matching.Try(term, board.frozen().key[term])
                matching.board_try(board=board, pair=pair, revision=board.revision, now=self.now)
        assert matching.open_board(self.learners[who], self.deck) is None

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def every_board_is_its_sessions_learners(self) -> None:
        for board in MatchingBoard.objects.select_related("session"):
            assert (board.learner_id, board.deck_id) == (board.session.learner_id, board.session.deck_id)
            assert board.finished_at is None or not board.left
            assert board.finished_at is None or board.session.finished_at

    # --- Guests

    @rule(who=WHO, ratings=st.lists(st.sampled_from("134"), max_size=3))
    def study_as_a_guest_and_come_back(self, who: int, ratings: list[str]) -> None:
        """A guest studies, and the guest's answers are added to a learner's account."""
        own = self.learners[who]
        guest = User.objects.create_guest(time_zone=own.time_zone)
        self.learners[who] = guest
        self.study(who, "due", ratings)
        self.start_a_test(who, {"typed"}, 0)
        self.fill_in(who, [2, 0, 1, 2, 2], 1)
        self.hand_in(who)
        self.play_to_the_end(who)
        played = MatchingBoard.objects.count()
        self.learners[who] = own
        assert guest_merge(guest=guest, user=own, now=self.now)
        assert MatchingBoard.objects.count() == played

    # --- The owner's doings

    @rule(nth=st.integers(0, CARDS - 1), side=CHOICES)
    def edit_card(self, nth: int, side: str) -> None:
        card = Card.objects.order_by("pk")[nth]
        card.side_choice = side
        save_card(card=card)
        self.fresh()

    @rule(side=CHOICES)
    def edit_deck(self, side: str) -> None:
        self.fresh()
        self.deck.side_choice = side
        self.deck.save()
        update_studied_sides(deck=self.deck)
        self.fresh()

    @rule(nth=st.integers(0, CARDS - 1))
    def remove_card(self, nth: int) -> None:
        remove_cards(deck=self.deck, cards=Card.objects.filter(pk=Card.objects.order_by("pk")[nth].pk))
        self.fresh()

    @rule()
    def restore(self) -> None:
        restore_cards(deck=self.deck, cards=Card.objects.filter(deck=self.deck))
        self.fresh()

    def fresh(self) -> None:
        """Each request loads the deck again."""
        self.deck.refresh_from_db()

    # --- The rule of the log

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def counts_are_those_of_the_questions(self) -> None:
        for learner in self.learners:
            if Enrollment.objects.filter(learner=learner, deck=self.deck).exists():
                questions = ByHand(learner, self.deck, self.now)
                questions.check_counts()
                questions.check_hint()

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def every_score_is_what_the_log_says(self) -> None:
        for paper in Paper.objects.scored():
            lines = Review.objects.standing().filter(step__session=paper.session_id)
            assert paper.right == lines.filter(verdict=Verdict.CORRECT).count()
            first = Review.objects.filter(step__session=paper.session_id).order_by("step", "card", "pk")
            graded = {(line.step_id, line.card_id): line.verdict for line in reversed(first)}
            assert paper.graded == list(graded.values()).count(Verdict.CORRECT)

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def every_answered_step_that_stands_has_one_standing_line(self) -> None:
        answered = Step.objects.standing().exclude(answered_at=None).filter(card__isnull=False)
        answered = answered.exclude(verdict="")
        assert answered.count() == Review.objects.standing().filter(step__in=answered).count()
        assert not Review.objects.standing().filter(step__retired_at__isnull=False).exists()


@pytest.mark.django_db
def test_replay_changes_nothing_after_any_actions() -> None:
    search(Site, examples=8)
