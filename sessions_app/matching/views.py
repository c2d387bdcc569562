"""Matching's pages: the board, the pairs that are tried on it, and its result. A GET only reads."""

from collections.abc import Mapping
from random import Random

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.access import deck_to_see
from cards.models import Deck
from sessions_app.access import enrollment_of, named, session_required
from sessions_app.matching.forms import MatchingStartForm
from sessions_app.matching.services import (
    MODE,
    Result,
    Try,
    board_pause,
    board_replace,
    board_resume,
    board_start,
    board_try,
    draw,
    milliseconds,
    open_board,
)
from sessions_app.matching.tiles import tiles
from sessions_app.matching.times import compared, times_of
from sessions_app.models import Enrollment, MatchingBoard
from sessions_app.models.matching_board import MatchingBoardQuerySet
from sessions_app.sessions.mode_pages import HELPED
from sessions_app.study.modes import MODES
from sessions_app.study.questions.types import InvalidResponseError
from sessions_app.study.types import Side
from studysite.accounts.guests import admit
from studysite.accounts.models import User
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.numbers import whole_number
from studysite.queries.compiled import compiled
from studysite.queries.counting import has_fewer

STALE = "The board had already changed; nothing was counted twice."
CHOOSE = "Choose a term and a definition."


@never_cache
@require_http_methods(READ_AND_POST)
def matching(request: LearnerRequest, slug: str) -> HttpResponse:
    """The learner's open board, or the form that starts one. A POST starts a board; a visitor becomes a guest."""
    deck = deck_to_see(request, slug)
    if request.method == "POST":
        return start(request, deck)
    if request.learner.is_authenticated:
        if board := open_board(request.learner, deck):
            return show_open(request, deck, board)
        done = MatchingBoard.objects.finished().filter(
            learner=request.learner, deck=deck, pk=named(request, "board") or 0
        )
        return show_start(request, deck, done=done.first())
    return show_start(request, deck)


def start(request: LearnerRequest, deck: Deck) -> HttpResponse:
    form = MatchingStartForm(request.POST, instance=enrollment_of(request, deck))
    if not form.is_valid():
        return show_start(request, deck, form=form)
    if instead := admit(request):
        return instead
    untimed, now = form.cleaned_data["untimed"], timezone.now()
    if old := whole_number(request.POST.get("new", "")):
        board_replace(learner=request.learner, deck=deck, board=old, now=now)
    board = board_start(learner=request.learner, deck=deck, untimed=untimed, now=now)
    if not request.htmx:
        return redirect("matching", slug=deck.slug)
    return show_open(request, deck, board) if board else show_start(request, deck)


@never_cache
@session_required(MODE)
@require_POST
def answer(request: LearnerRequest, slug: str) -> HttpResponse:
    """Judge a pair, once. The response is the board after it, or the board's result."""
    sent = numbers_in(request)
    board = board_or_404(request, slug, sent)
    try:
        if not {Side.TERM, Side.DEFINITION} <= sent.keys():
            raise InvalidResponseError(CHOOSE)
        pair = Try(sent[Side.TERM], sent[Side.DEFINITION])
        result = board_try(board=board, pair=pair, revision=sent["revision"], now=timezone.now())
    except InvalidResponseError as error:
        state = open_board(request.learner, board.deck)
        if state != board:
            return show_current(request, board)
        chosen = {side: sent[side] for side in Side if side in sent}
        return show_board(request, board.deck, board, message=str(error), chosen=chosen)
    if result is Result.STALE:
        return show_current(request, board)
    text = result_message(board, result)
    if not request.htmx:
        messages.info(request, text)
        return redirect(address_after(board))
    if board.finished_at:
        return show_start(request, board.deck, done=board)
    return show_board(request, board.deck, board, message=text, tried=pair)


@never_cache
@session_required(MODE)
@require_POST
def finish(request: LearnerRequest, slug: str) -> HttpResponse:
    """Give up the board."""
    deck = deck_to_see(request, slug)
    request.learner.study_sessions.filter(deck=deck, mode=MODE).finish(timezone.now())
    return show_start(request, deck) if request.htmx else redirect("matching", slug=slug)


@never_cache
@session_required(MODE)
@require_POST
def pause(request: LearnerRequest, slug: str) -> HttpResponse:
    """Stop the clock of the board that the form names, and hide its tiles; or let it run on (``resume``)."""
    board, now = board_or_404(request, slug, numbers_in(request)), timezone.now()
    if "resume" in request.POST:
        board_resume(board=board, now=now)
    else:
        board_pause(board=board, now=now)
    if not request.htmx:
        return redirect("matching", slug=slug)
    state = open_board(request.learner, board.deck)
    return show_open(request, board.deck, state) if state else show_current(request, board)


def numbers_in(request: LearnerRequest) -> dict[str, int]:
    """The numbers in the form: the board, its revision that the learner saw, and the pair that they tried."""
    found = {name: whole_number(request.POST.get(name, "")) for name in ("board", "revision", *Side)}
    return {name: number for name, number in found.items() if number is not None}


def board_or_404(request: LearnerRequest, slug: str, sent: Mapping[str, int]) -> MatchingBoard:
    """The learner's own board in this deck that the form names, with its deck."""
    if not {"board", "revision"} <= sent.keys():
        raise Http404("no such board")
    board = _board.first(board=sent["board"], learner=request.learner.pk, slug=slug)
    if board is None:
        raise Http404("no such board")
    return board


@compiled
def _board(*, board: int, learner: int, slug: str) -> MatchingBoardQuerySet:
    visible = Deck.objects.visible_to(User(pk=learner)).filter(slug=slug)
    return MatchingBoard.objects.select_related("deck").filter(pk=board, learner=learner, deck__in=visible)


def result_message(board: MatchingBoard, result: Result) -> str:
    """What the page says after a try, for the eye and for a screen reader."""
    if result is Result.RIGHT:
        return f"Right: {board.left} left." if board.left else "Right: all found."
    return "Not a pair: +1 s penalty." if board.has_clock else "Not a pair."


def address_after(board: MatchingBoard) -> str:
    page = reverse("matching", args=[board.deck.slug])
    return f"{page}?board={board.pk}" if board.finished_at else page


def show_current(request: LearnerRequest, board: MatchingBoard) -> HttpResponse:
    """The answer to a stale try: the learner's open board, or the result of the one that they tried."""
    board.refresh_from_db(fields=["finished_at", "milliseconds", "misses"])
    if not request.htmx:
        messages.info(request, STALE)
        return redirect(address_after(board))
    if state := open_board(request.learner, board.deck):
        if state.paused_at:
            return show_open(request, board.deck, state)
        return show_board(request, board.deck, state, message=STALE)
    return show_start(request, board.deck, done=board if board.finished_at else None, notice=STALE)


def show_open(request: LearnerRequest, deck: Deck, board: MatchingBoard) -> HttpResponse:
    """The board; its tiles are hidden while it is paused, or if it was left open."""
    is_left_open = board.is_left_open(timezone.now())
    if not board.paused_at and not is_left_open:
        return show_board(request, deck, board)
    context = {"deck": deck, "mode": MODES[MODE], "board": board, "is_left_open": is_left_open}
    context |= {"elapsed": milliseconds(board, timezone.now()), "is_paused": True}
    return render_page(request, "sessions_app/matching/page.html", context, parts=("question",))


def show_board(
    request: LearnerRequest,
    deck: Deck,
    board: MatchingBoard,
    *,
    message: str = "",
    tried: Try | None = None,
    chosen: dict[Side, int] | None = None,
) -> HttpResponse:
    """The board: after the pair that was ``tried``, or with the term or definition that is ``chosen`` so far."""
    elapsed = milliseconds(board, timezone.now())
    context = {
        "deck": deck,
        "mode": MODES[MODE],
        "board": board,
        "sides": tiles(board, deck, tried, chosen or {}),
        "elapsed": elapsed,
        "message": message,
        "needs_help": board.revision == 0 and has_fewer(finished_by(request.learner), HELPED),
    }
    return render_page(request, "sessions_app/matching/page.html", context, parts=("question",))


def finished_by(learner: User) -> MatchingBoardQuerySet:
    """The boards that the learner has finished, in any deck."""
    return MatchingBoard.objects.finished().filter(learner=learner)


def show_start(
    request: LearnerRequest,
    deck: Deck,
    *,
    form: MatchingStartForm | None = None,
    done: MatchingBoard | None = None,
    notice: str = "",
) -> HttpResponse:
    """The result of a finished board (``done``), the learner's times, and the form that starts a board."""
    enrollment = enrollment_of(request, deck)
    enrollment.deck = deck
    learner = request.learner
    times = times_of(learner, deck, done.pairs if done else None) if learner.is_authenticated else None
    context = {
        "deck": deck,
        "mode": MODES[MODE],
        "form": form or MatchingStartForm(instance=enrollment),
        "done": done,
        "times": times,
        "compared": compared(done, times) if done else None,
        "notice": notice,
        "can_start": done is not None or can_start(enrollment),
    }
    return render_page(request, "sessions_app/matching/page.html", context, parts=("question",))


def can_start(enrollment: Enrollment) -> bool:
    """Whether the deck's cards make a board."""
    return draw(enrollment, Random(0), timezone.now()) is not None
