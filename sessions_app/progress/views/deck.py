"""A deck's page: the viewer, the modes, tags, the table, and the list of terms."""

from datetime import UTC
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cards.access import deck_to_see
from cards.models import Deck, Visibility
from cards.reporting.services import pending_feedback_in
from cards.tagging.filter import TagChoice, tag_choice
from sessions_app.models import Enrollment
from sessions_app.progress import standing, term_list
from sessions_app.progress.next_step import next_step
from sessions_app.progress.viewer import Viewer
from sessions_app.study.days import study_day
from sessions_app.study.modes import MODES
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import SiteRequest
from studysite.http.robots import for_robots
from studysite.queries.paging import KeyPaginator

TERMS_PER_PAGE = 50


def terms_page(
    request: SiteRequest, enrollment: Enrollment, level: str, choice: TagChoice
) -> tuple[Page[Any], int | None]:
    """The page of the list of terms that the address names; ``level`` is empty or in `term_list.STANDINGS`.

    Where cards have two questions, also the number of questions at that level; else None.
    """
    deck, learner, now = enrollment.deck, request.learner, timezone.now()
    cards, questions = choice.narrow(deck.cards.present().in_order()), None
    if learner.is_authenticated:
        cards = term_list.narrowed(cards, level, enrollment, now=now) if level else cards
        if level and enrollment.has_siblings:
            questions = term_list.narrowed_question_count(cards, enrollment)
        cards = term_list.with_standing(cards, enrollment, now=now)
    paginator = KeyPaginator(cards.with_seen_tags(learner, deck=deck), TERMS_PER_PAGE)
    # Counting 100,000 cards would take longer than the page.
    if not choice.keys:
        known = term_list.known_count(level, enrollment) if level else deck.card_count
        if known is not None and not (level and enrollment.has_siblings):
            paginator.count = known
    page = paginator.get_page(request.GET.get("page"))
    if learner.is_authenticated and enrollment.has_siblings:
        term_list.note_questions(page.object_list, enrollment)
    return page, questions


@require_safe
def deck_page(request: SiteRequest, slug: str) -> HttpResponse:
    """The whole page, or the part that htmx swaps: the viewer's card, the tags, or the list of terms."""
    deck = deck_to_see(request, slug)
    parts = {"card-viewer": viewer_context, "tags": tags_part, "terms": terms_part}
    part = wanted_part(request, parts)
    context = parts[part](request, deck) if part else page_context(request, deck)
    response = render_page(request, "sessions_app/deck/page.html", {"deck": deck, **context}, parts=parts)
    # Search engines read one page of each deck: the viewer and the filtered lists have too many addresses.
    is_for_all = deck.visibility == Visibility.PUBLIC and not request.GET
    return for_robots(response) if is_for_all else response


def viewer_context(request: SiteRequest, deck: Deck) -> dict[str, Any]:
    viewer = Viewer.from_request(request, deck)
    enrollment, starred = term_list.enrollment_and_star(deck, request.learner, viewer.card)
    return {"viewer": viewer, "starred": starred, "enrollment": enrollment}


def terms_part(request: SiteRequest, deck: Deck) -> dict[str, object]:
    enrollment, _ = term_list.enrollment_and_star(deck, request.learner)
    return terms_context(request, enrollment)


def tags_part(request: SiteRequest, deck: Deck) -> dict[str, object]:
    return {"choice": tag_choice(request, deck)}


def terms_context(request: SiteRequest, enrollment: Enrollment) -> dict[str, object]:
    deck, studied = enrollment.deck, enrollment.last_studied_at is not None
    level = request.GET.get("level", "")
    level = level if request.learner.is_authenticated and level in term_list.STANDINGS else ""
    choice = tag_choice(request, deck)
    page, questions = terms_page(request, enrollment, level, choice)
    return {
        "page": page,
        "level": level,
        "question_count": questions,
        "studied": studied,
        "choice": choice,
        "terms_address": f"{deck.get_absolute_url()}?{request.GET.urlencode()}#terms",
    }


def page_context(request: SiteRequest, deck: Deck) -> dict[str, object]:
    now = timezone.now()
    rows = standing.table_rows(deck, request.learner, now=now)
    may_edit = deck.is_editable_by(request.learner)
    today = study_day(now, request.learner.zone if request.learner.is_authenticated else UTC)
    mine = rows[0] if rows and rows[0].enrollment.learner_id == request.learner.pk else None
    viewer = viewer_context(request, deck)
    return {
        **viewer,
        **terms_context(request, viewer["enrollment"]),
        "may_edit": may_edit,
        "pending": pending_feedback_in(deck) if may_edit else None,
        "rows": rows,
        "mine": mine,
        "next_step": next_step(mine, today) if deck.card_count else None,
        "modes": MODES.values(),
    }
