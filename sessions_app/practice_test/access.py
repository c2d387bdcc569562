"""The papers that a request may use: fetching one is authorising."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from cards.models import Deck
from sessions_app.models import Paper, PaperQuerySet
from studysite.http.requests import LearnerRequest
from studysite.numbers import whole_number


def own_papers(request: LearnerRequest, slug: str) -> PaperQuerySet:
    """The learner's own papers in a deck that they may see."""
    decks = Deck.objects.visible_to(request.learner).filter(slug=slug)
    return Paper.objects.filter(session__learner=request.learner, session__deck__in=decks)


def paper_or_404(request: LearnerRequest, slug: str, pk: int) -> Paper:
    """The learner's own paper with its deck."""
    return get_object_or_404(own_papers(request, slug).select_related("session__deck"), pk=pk)


def scored_paper_or_404(request: LearnerRequest, slug: str, pk: int) -> Paper:
    """The learner's own paper with a score, its deck, and the paper that it is a copy of."""
    papers = own_papers(request, slug).scored()
    related = ("session__deck__owner", "source__session__learner")
    return get_object_or_404(papers.select_related(*related), pk=pk)


def posted_paper(request: LearnerRequest, slug: str) -> PaperQuerySet:
    """The learner's own paper that the form names in ``paper``; 404 if that is not a key."""
    key = whole_number(request.POST.get("paper", ""))
    if key is None:
        raise Http404("no such paper")
    return own_papers(request, slug).filter(pk=key)


def open_paper(request: LearnerRequest, deck: Deck) -> Paper | None:
    """The paper that the learner is filling in or judging in the deck."""
    if not request.learner.is_authenticated:
        return None
    found = Paper.objects.open().filter(session__learner=request.learner, session__deck=deck)
    paper = found.select_related("session").first()
    if paper:
        paper.session.deck = deck
    return paper
