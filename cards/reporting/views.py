"""Learners' reports on a deck's cards, for its owner and editors."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cards.access import deck_to_edit
from cards.models import CardReport
from cards.reporting.services import accept_answer, close_report, pending_feedback_in
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.numbers import whole_number

REPORTS_PER_PAGE = 50
ACCEPT = "accept"


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_reports(request: LearnerRequest, slug: str) -> HttpResponse:
    """The open reports; a POST closes one, and accepts its answer if that is chosen."""
    deck = deck_to_edit(request, slug)
    reports = CardReport.objects.waiting([deck.pk])
    if request.method == "POST":
        key = whole_number(request.POST.get("report", ""))
        return handle_report(request, get_object_or_404(reports.select_related("card"), pk=key))
    listed = reports.select_related("card", "reporter").order_by("-created_at", "-pk")
    page = Paginator(listed, REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(
        request,
        "cards/reports/reported_cards.html",
        {"deck": deck, "page": page, "pending": pending_feedback_in(deck)},
    )


def handle_report(request: LearnerRequest, report: CardReport) -> HttpResponse:
    wants_it = request.POST.get("word") == ACCEPT and report.kind == CardReport.Kind.ALSO_RIGHT
    if wants_it and accept_answer(card=report.card, side=report.side, text=report.text):
        messages.success(request, "The answer is accepted from now on.")
    close_report(report=report)
    return redirect(request.get_full_path())
