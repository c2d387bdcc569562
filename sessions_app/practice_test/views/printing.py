"""A paper to print without answers, and its answer key on another page."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sessions_app.models import Paper
from sessions_app.practice_test.access import paper_or_404
from sessions_app.practice_test.items import items_of, names_sides, sections_of
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest


@never_cache
@learner_required
@require_safe
def printed(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The questions, with space for the answers."""
    return page(request, paper_or_404(request, slug, pk), "sessions_app/test/print/paper.html")


@never_cache
@learner_required
@require_safe
def key(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The answers, if the learner has handed the paper in or owns the deck."""
    paper = paper_or_404(request, slug, pk)
    if not may_see_key(request, paper):
        raise Http404("not handed in yet")
    return page(request, paper, "sessions_app/test/print/answer_key.html")


def may_see_key(request: LearnerRequest, paper: Paper) -> bool:
    return bool(paper.handed_in_at) or paper.session.deck.owner_id == request.learner.pk


def page(request: LearnerRequest, paper: Paper, template: str) -> HttpResponse:
    sections = sections_of(items_of(paper, {}, {}))
    context = {
        "deck": paper.session.deck,
        "paper": paper,
        "sections": sections,
        "names_sides": names_sides(paper),
    }
    return render(request, template, context | {"has_key": may_see_key(request, paper)})
