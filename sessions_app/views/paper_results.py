"""What a test came to: the score by kind, each question with both answers, and what can be said against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cards.models import Visibility
from sessions_app import papers, scores
from sessions_app.models import Paper
from sessions_app.paper_history import history_of
from sessions_app.scores import Mark
from sessions_app.study import sheets
from sessions_app.study.answers import Judgement
from sessions_app.study.modes import MODES
from sessions_app.study.types import Kind, Question
from sessions_app.views.paper import own_papers
from sessions_app.views.paper_items import HEADINGS, Item, items_of
from studysite.accounts.guests import learner_required
from studysite.requests import LearnerRequest

ALL_RIGHT = "Nothing was missed in that test."
NOT_THERE = "These cards cannot be asked in these kinds of question any more."
STILL_OPEN = "Finish this test first."
MOST_FRIENDS = 50


@dataclass(frozen=True)
class Answer:
    """One card's answer on a scored paper: of a question, or of one pair in a block."""

    item: Item
    mark: Mark
    place: int
    is_owner: bool

    @property
    def question(self) -> Question:
        return self.item.question

    @property
    def card_id(self) -> int:
        return sheets.cards_of(self.question)[self.place]

    @property
    def number(self) -> int:
        return self.item.first + self.place

    @property
    def prompt(self) -> str:
        return self.question.prompts[self.place] if self.question.prompts else self.question.prompt

    @property
    def answer(self) -> str:
        """The right answer."""
        if self.question.cards:
            return self.question.options[sheets.right_pair(self.question, self.place)]
        return self.question.answer

    @property
    def given(self) -> str:
        """What was chosen or written, as a source text; empty for a blank and for what was only said."""
        saved = self.item.step.saved
        if self.question.kind in (Kind.CHOICE, Kind.BLOCK):
            number = saved.get(
                "option" if self.question.kind is Kind.CHOICE else sheets.pair_name(self.place)
            )
            return self.question.options[int(number)] if number else ""
        return saved.get("typed", "")

    @property
    def stated(self) -> str:
        """What a true/false question claimed."""
        return self.question.options[0] if self.question.kind is Kind.TRUE_FALSE else ""

    @property
    def truth(self) -> str:
        """What was said of it."""
        return self.item.step.saved.get("truth", "")

    @property
    def is_typed(self) -> bool:
        return self.question.kind is Kind.TYPED and bool(self.given)

    @cached_property
    def judgement(self) -> Judgement:
        return self.item.judgement

    @property
    def is_judged(self) -> bool:
        """Whether it counts otherwise than it was graded."""
        return bool(self.mark.graded) and self.mark.now != self.mark.graded

    @property
    def reason(self) -> str:
        """Why it stands as it does, where that is not plain to see."""
        if self.mark.is_void:
            return "Not counted."
        if self.is_judged:
            return "You judged this answer."
        if not self.is_typed:
            return ""
        own = self.item.step.saved.get("verdict")
        return "You judged this answer." if own else self.judgement.reason.text

    @property
    def can_be_right_too(self) -> bool:
        """Whether the learner can say that what she chose is right as well."""
        return bool(self.mark.line and self.question.kind is Kind.CHOICE and not self.mark.is_right)

    @property
    def can_be_accepted(self) -> bool:
        return bool(self.is_owner and self.mark.line and self.is_typed and not self.mark.is_right)

    @property
    def can_be_twins(self) -> bool:
        return bool(self.is_owner and self.mark.line and self.mark.line.mistaken_for_id)


@dataclass(frozen=True)
class KindScore:
    """The score of the questions of one kind."""

    heading: str
    right: int
    count: int
    answers: Sequence[Answer]


def answers_of(paper: Paper, *, is_owner: bool) -> list[Answer]:
    """Each card's answer, in the paper's order."""
    items = items_of(paper, {}, {})
    cards = {item.step.pk: (item.step.position, sheets.cards_of(item.question)) for item in items}
    marks = scores.marks_of(paper, cards)
    return [
        Answer(item, mark, place, is_owner)
        for item in items
        for place, mark in enumerate(marks[item.step.pk])
    ]


def by_kind(answers: Sequence[Answer]) -> list[KindScore]:
    found = []
    for kind, group in groupby(answers, key=lambda answer: answer.question.kind):
        listed = list(group)
        counted = [answer for answer in listed if not answer.mark.is_void]
        right = sum(answer.mark.is_right for answer in counted)
        found.append(KindScore(HEADINGS[kind], right, len(counted), listed))
    return found


def scored_paper(request: LearnerRequest, slug: str, pk: int) -> Paper:
    """The learner's own paper with a score, its deck and the paper that it is a copy of."""
    papers = own_papers(request, slug).scored()
    related = ("session__deck__owner", "source__session__learner")
    return get_object_or_404(papers.select_related(*related), pk=pk)


@never_cache
@learner_required
@require_safe
def results(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The score, per kind and per question, with the ways on."""
    paper = scored_paper(request, slug, pk)
    deck = paper.session.deck
    answers = answers_of(paper, is_owner=deck.owner_id == request.learner.pk)
    context: dict[str, Any] = {
        "deck": deck,
        "mode": MODES[papers.MODE],
        "paper": paper,
        "kinds": by_kind(answers),
        "blanks": sum(answer.mark.is_blank for answer in answers),
        "missed": sum(not answer.mark.is_right and not answer.mark.is_void for answer in answers),
        "raised": (paper.right or 0) - (paper.graded or 0),
        "history": history_of(request.learner, deck),
        "here": request.path,
        "friends": friends_of(paper),
        "can_share": deck.visibility != Visibility.PRIVATE,
    }
    if paper.token:
        context["link"] = request.build_absolute_uri(reverse("test_beat", args=[slug, paper.token]))
    return render(request, "sessions_app/test_results.html", context)


def friends_of(paper: Paper) -> list[Paper]:
    """The papers of those who took this one and show their score, best first."""
    copies = paper.copies.scored().exclude(shown_as="")
    return list(copies.order_by("-right", "handed_in_at")[:MOST_FRIENDS])


@never_cache
@learner_required
@require_POST
def retake(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Start a test of just the cards that were missed or left blank."""
    paper = scored_paper(request, slug, pk)
    missed = [
        answer.card_id
        for answer in answers_of(paper, is_owner=False)
        if not answer.mark.is_right and not answer.mark.is_void
    ]
    settings = papers.retake_settings(paper, missed)
    now = timezone.now()
    session = missed and papers.start(
        learner=request.learner, deck=paper.session.deck, settings=settings, now=now
    )
    if not session:
        messages.info(request, ALL_RIGHT if not missed else NOT_THERE)
        return redirect("test_results", slug=slug, pk=pk)
    if session.started_at != now:
        messages.info(request, STILL_OPEN)
    return redirect("study", slug=slug, mode=papers.MODE)
