"""The learner's own tags: renaming, merging and deleting them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cards.models import Tag, TagLink
from cards.tagging import services as tagging
from cards.tagging.forms import MergeForm, RenameForm
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.queries.counting import MOST_COUNTED, CountUpTo, count_up_to

TAGS_PER_PAGE = 100
MOST_NAMES = 500
PRESENT = Q(card__removed_at=None, card__deck__removed_at=None)


@never_cache
@login_required
@require_safe
def my_tags(request: LearnerRequest) -> HttpResponse:
    """All tags of the learner, each with the number of its cards, and of its decks unless the cards are many."""
    tags: QuerySet[Any] = request.learner.tags.annotate(
        links=CountUpTo(TagLink.objects.filter(tag=OuterRef("pk")))
    )
    page = Paginator(tags.order_by("key"), TAGS_PER_PAGE).get_page(request.GET.get("page"))
    few = TagLink.objects.filter(PRESENT, tag__in=[tag.pk for tag in page if tag.links <= MOST_COUNTED])
    counts = few.order_by().values_list("tag").annotate(Count("card"), Count("card__deck", distinct=True))
    counted = {tag: (cards, decks) for tag, cards, decks in counts}
    for tag in page:
        tag.cards_tagged, tag.decks_tagged = counted.get(tag.pk, (0, 0))
    return render_page(request, "cards/tags/my_tags.html", {"page": page, "most_counted": MOST_COUNTED})


@never_cache
@login_required
@require_safe
def tag_names(request: LearnerRequest) -> HttpResponse:
    """The names of the learner's tags, for completion while typing."""
    names = request.learner.tags.order_by("key").values_list("name", flat=True)[:MOST_NAMES]
    return render_page(request, "cards/tags/_completion_names.html", {"names": names})


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def tag_edit(request: LearnerRequest, pk: int) -> HttpResponse:
    """One tag: forms to rename, merge and delete it."""
    tag = get_object_or_404(request.learner.tags, pk=pk)
    name = tag.name
    form = RenameForm(request.POST if request.method == "POST" else None, instance=tag)
    if not form.is_valid():
        tag.name = name
        return show_tag(request, tag, rename=form)
    form.save()
    messages.success(request, f"“{name}” is now called “{tag}”.")
    return redirect("tags")


def show_tag(
    request: LearnerRequest, tag: Tag, *, rename: RenameForm | None = None, merge: MergeForm | None = None
) -> HttpResponse:
    context = {
        "tag": tag,
        "rename": rename or RenameForm(instance=tag),
        "merge": merge or MergeForm(tag=tag),
        "card_count": count_up_to(tag.cards.present().filter(deck__removed_at=None)),
    }
    return render_page(request, "cards/tags/tag.html", context)


@login_required
@require_POST
def tag_merge(request: LearnerRequest, pk: int) -> HttpResponse:
    """Merge a tag into another."""
    tag = get_object_or_404(request.learner.tags, pk=pk)
    form = MergeForm(request.POST, tag=tag)
    if not form.is_valid():
        return show_tag(request, tag, merge=form)
    into = form.cleaned_data["into"]
    tagging.merge_tags(tag=tag, into=into)
    messages.success(request, f"“{tag}” is merged into “{into}”.")
    return redirect("tags")


@login_required
@require_POST
def tag_delete(request: LearnerRequest, pk: int) -> HttpResponse:
    """Delete a tag, and so remove it from all cards."""
    tag = get_object_or_404(request.learner.tags, pk=pk)
    tag.delete()
    messages.success(request, f"“{tag}” is deleted.")
    return redirect("tags")
