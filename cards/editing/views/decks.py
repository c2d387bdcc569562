"""Whole decks: creating them, editing their details, copying, removing and restoring them."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cards.access import deck_to_edit, deck_to_see
from cards.editing.copying import copy_deck
from cards.editing.deck_forms import CopyForm, DetailsForm, NewDeckForm
from cards.editing.decks import describe_deck, remove_decks, restore_decks
from cards.models import Deck
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

DECKS_PER_PAGE = 24


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def deck_new(request: LearnerRequest) -> HttpResponse:
    """The form for a new deck; it leads to the editor."""
    form = NewDeckForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render_page(request, "cards/deck/new.html", {"form": form})
    slug = form.cleaned_data["address"]
    form.instance.slug, form.instance.owner = slug, request.learner
    # If the same form is sent twice, the deck exists already.
    with suppress(IntegrityError), transaction.atomic():
        form.save()
    return redirect(f"{reverse('deck_edit', args=[slug])}#new-card")


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_details(request: LearnerRequest, slug: str) -> HttpResponse:
    """A deck's title, description, visibility, language and studied side."""
    deck = deck_to_edit(request, slug)
    title = deck.title
    form = DetailsForm(request.POST if request.method == "POST" else None, instance=deck)
    # The form changes the deck's title in memory; the page shows the saved one.
    context = {"deck": deck, "form": form, "title": title}
    if not form.is_valid():
        return render_page(request, "cards/deck/details.html", context)
    current = describe_deck(deck=deck, fields=form.described, seen=form.cleaned_data["seen"])
    if current:
        form.accept_current(current)
        context |= {"title": current.title, "differences": form.differences(current)}
        return render_page(request, "cards/deck/details.html", context)
    messages.success(request, "Saved.")
    return redirect("deck_edit", slug=slug)


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def deck_copy(request: LearnerRequest, slug: str) -> HttpResponse:
    """Copy a deck that the learner may open, their own or another's."""
    deck = deck_to_see(request, slug)
    is_own = deck.owner_id == request.learner.pk
    title = f"{deck.title[:190]} (copy)" if is_own else deck.title
    form = CopyForm(request.POST if request.method == "POST" else None, initial={"title": title})
    if not form.is_valid():
        context = {"deck": deck, "form": form, "is_own": is_own}
        return render_page(request, "cards/deck/copy.html", context)
    copy = copy_deck(
        deck=deck,
        owner=request.learner,
        title=form.cleaned_data["title"],
        slug=form.cleaned_data["address"],
    )
    messages.success(request, "This copy is yours. Only you can see it until you change its visibility.")
    return redirect("deck_edit", slug=copy.slug)


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_remove(request: LearnerRequest, slug: str) -> HttpResponse:
    """Ask for confirmation; a POST removes the deck."""
    deck = deck_to_edit(request, slug)
    is_own = deck.owner_id == request.learner.pk
    if request.method != "POST":
        return render_page(request, "cards/deck/remove.html", {"deck": deck, "is_own": is_own})
    remove_decks(decks=Deck.objects.filter(pk=deck.pk))
    messages.success(request, f"“{deck.title}” is removed.")
    return redirect("decks_removed" if is_own else "home")


@never_cache
@learner_required
@require_safe
def decks_removed(request: LearnerRequest) -> HttpResponse:
    """The learner's removed decks that they can still restore, the newest first."""
    decks = Deck.objects.restorable_by(request.learner, now=timezone.now()).order_by("-removed_at", "pk")
    page = Paginator(decks, DECKS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "cards/deck/removed_decks.html", {"page": page})


@learner_required
@require_POST
def deck_restore(request: LearnerRequest, slug: str) -> HttpResponse:
    """Restore a removed deck with all its cards; if it is not removed, show it."""
    if Deck.objects.owned_by(request.learner).filter(slug=slug).exists():
        return redirect("deck", slug=slug)
    decks = Deck.objects.restorable_by(request.learner, now=timezone.now())
    deck = get_object_or_404(decks, slug=slug)
    restore_decks(decks=Deck.objects.filter(pk=deck.pk))
    messages.success(request, f"“{deck.title}” is back.")
    return redirect("deck", slug=slug)
