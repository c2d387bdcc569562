"""Playing Matching: starting a board, and judging the pairs that the learner tries.

Nothing here changes the log, levels or memory. A try counts once because of a conditional update of the board's
revision: no lock is held while it is judged.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from html import unescape
from random import Random, SystemRandom

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from cards.models import Card, Deck
from sessions_app.models import CardProgress, Enrollment, MatchingBoard, StudySession
from sessions_app.questions.pool import FIELDS, PLACES, WHOLE_DECK, Ties, study_card, twin_pairs
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.study.days import study_day
from sessions_app.study.modes import matching
from sessions_app.study.modes.matching import Candidate
from sessions_app.study.questions.types import InvalidResponseError
from sessions_app.study.types import Side
from studysite.accounts.models import User

logger = logging.getLogger(__name__)

MODE = "matching"
# The cards of the last boards, as many as this, are chosen last for the next one.
RECENT_BOARDS = 8
MILLISECOND = timedelta(milliseconds=1)
MARKUP = re.compile(r"<[^>]*>")


class Result(StrEnum):
    """The result of a try. ``STALE``: the board has changed since the learner saw it; the try does not count."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"


@dataclass(frozen=True)
class Try:
    """A term and a definition, by their numbers on the board, that the learner tries as a pair."""

    term: int
    definition: int


def open_board(learner: User, deck: Deck) -> MatchingBoard | None:
    """The board that the learner is playing in the deck."""
    return MatchingBoard.objects.open().filter(learner=learner, deck=deck).first()


def board_start(*, learner: User, deck: Deck, untimed: bool, now: datetime) -> MatchingBoard | None:
    """The learner's open board, or a new one, whose clock starts; None if the deck's cards make no board.

    ``untimed`` is stored as the learner's setting for the deck.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        if board := open_board(learner, deck):
            return board
        if enrollment.untimed != untimed:
            Enrollment.objects.filter(pk=enrollment.pk).update(untimed=untimed)
        # Only one session may be open: end one that has no board.
        learner.study_sessions.filter(deck=deck, mode=MODE).finish(now)
        seed = SystemRandom().getrandbits(31)
        drawn = draw(enrollment, Random(seed), now)
        if drawn is None:
            return None
        session = StudySession.objects.create(
            learner=learner,
            deck=deck,
            mode=MODE,
            seed=seed,
            study_day=study_day(now, learner.zone),
            started_at=now,
        )
        return MatchingBoard.objects.create(
            session=session,
            learner=learner,
            deck=deck,
            board=drawn.to_json(),
            pairs=len(drawn.terms),
            has_clock=not untimed,
            started_at=now,
        )


def draw(enrollment: Enrollment, rng: Random, now: datetime) -> matching.Board | None:
    """A board of the deck's cards, if possible with others than the learner's last boards; only reads."""
    recent = MatchingBoard.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    boards = recent.order_by("-started_at").values_list("board__cards", flat=True)[:RECENT_BOARDS]
    return matching.draw(candidates(enrollment, rng, now), list(boards), rng)


def candidates(enrollment: Enrollment, rng: Random, now: datetime) -> list[Candidate]:
    """The cards for a board: those of the deck that are neither suspended nor buried; of a large deck a sample."""
    deck = enrollment.deck
    aside = CardProgress.objects.filter(
        Q(suspended=True) | Q(buried_until__gt=now), learner=enrollment.learner_id
    )
    cards = Card.objects.present().filter(~Exists(aside.filter(card=OuterRef("pk"))), deck=deck)
    if deck.card_count > WHOLE_DECK:
        cards = cards.filter(position__in=rng.sample(range(deck.card_count), PLACES))
    rows = list(cards.only(*FIELDS, "term_html", "definition_html").in_order())
    pairs = twin_pairs(deck, [card.pk for card in rows])
    return [candidate(card, deck, pairs.get(card.pk, {})) for card in rows]


def candidate(card: Card, deck: Deck, ties: Ties) -> Candidate:
    return Candidate(
        study_card(card, Side.DEFINITION, deck, **ties),
        as_read(card.term_html),
        as_read(card.definition_html),
    )


def as_read(html: str) -> str:
    """The text of a card's HTML, without markup."""
    return unescape(MARKUP.sub("", html))


def board_try(*, board: MatchingBoard, pair: Try, revision: int, now: datetime) -> Result:
    """Judge a pair that was tried at this ``revision`` of the board; the last right pair ends the board.

    ``board`` is up to date afterwards unless the try was stale.

    Raises:
        InvalidResponseError: the pair is not on the board, or one of its texts was found already. Nothing counts.
    """
    if revision != board.revision or board.finished_at:
        return stale(board, revision)
    is_right = matching.match(board.frozen(), pair.term, pair.definition)
    if any(pair.term == term or pair.definition == definition for term, definition in board.found):
        raise InvalidResponseError("That was found already.")
    has_clock = board.has_clock and not board.is_left_open(now)
    # A pause hides the tiles: who tries a pair was not away, and the pause does not count.
    board.paused_at = None
    changes = {
        "revision": revision + 1,
        "has_clock": has_clock,
        "paused_at": None,
        "tried_at": now,
        "found": [*board.found, [pair.term, pair.definition]] if is_right else board.found,
        "misses": board.misses + (not is_right),
    }
    if is_right and board.left == 1:
        changes |= {"finished_at": now, "milliseconds": milliseconds(board, now) if has_clock else None}
    with transaction.atomic():
        if not MatchingBoard.objects.open().filter(pk=board.pk, revision=revision).update(**changes):
            return stale(board, revision)
        if "finished_at" in changes:
            StudySession.objects.open().filter(pk=board.session_id).update(finished_at=now)
            Enrollment.objects.filter(learner=board.learner_id, deck=board.deck_id).update(
                last_studied_at=now
            )
    for name, value in changes.items():
        setattr(board, name, value)
    return Result.RIGHT if is_right else Result.WRONG


def stale(board: MatchingBoard, revision: int) -> Result:
    """The result of a try at an earlier ``revision``, which is logged."""
    logger.info("Board %s: a try at revision %s came too late and changed nothing.", board.pk, revision)
    return Result.STALE


def milliseconds(board: MatchingBoard, now: datetime) -> int:
    """The board's time at ``now``, in milliseconds, without pauses, with the penalties for its wrong pairs."""
    until = board.paused_at or now
    elapsed = (until - board.started_at) // MILLISECOND - board.paused_ms
    return matching.time_of(max(0, elapsed), board.misses)


def board_pause(*, board: MatchingBoard, now: datetime) -> None:
    """Stop the board's clock; a board that is paused, left open, finished or given up stays as it is."""
    if not board.is_left_open(now):
        MatchingBoard.objects.open().filter(pk=board.pk, paused_at=None).update(paused_at=now)


def board_resume(*, board: MatchingBoard, now: datetime) -> None:
    """Let the clock of a paused board run on. A board that was left open (`LEFT_OPEN`) goes on without a clock."""
    with transaction.atomic():
        boards = MatchingBoard.objects.open().filter(pk=board.pk)
        current = boards.select_for_update(of=("self",)).first()
        if current is None:
            return
        if current.paused_at:
            current.paused_ms += max(0, (now - current.paused_at) // MILLISECOND)
        elif current.is_left_open(now):
            current.has_clock = False
        current.paused_at, current.tried_at = None, now
        current.save(update_fields=["paused_ms", "paused_at", "tried_at", "has_clock"])


def board_replace(*, learner: User, deck: Deck, board: int, now: datetime) -> None:
    """Give up the learner's open board in the deck, if it still is the one with this key."""
    learner.study_sessions.filter(deck=deck, mode=MODE, matching_board=board).finish(now)
