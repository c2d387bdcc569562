"""Tags on the cards of a deck: on one card, and on many at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from cards.access import deck_to_see
from cards.forms import CARDS_PER_PAGE, SearchForm
from cards.models import Card, CardQuerySet, Deck, tag_key
from cards.tagging import services as tagging
from cards.tagging.filter import TagChoice, tag_choice
from cards.tagging.forms import SelectionForm, TagNamesForm
from cards.text.cleaning import clean_text
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import LearnerRequest, safe_next
from studysite.methods import READ_AND_POST
from studysite.queries.paging import KeyPaginator


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def card_tags(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The form for the learner's own tags on a card; a POST adds tags or removes one."""
    deck = deck_to_see(request, slug)
    cards = deck.cards.present().filter(pk=pk)
    get_object_or_404(cards)
    if request.method != "POST":
        return show_card_tags(request, deck, cards, TagNamesForm(owner=request.learner))
    form = TagNamesForm(request.POST, owner=request.learner)
    if removed := request.POST.get("remove"):
        mine = request.learner.tags.filter(key=tag_key(clean_text(removed[:200])))
        tagging.untag_cards(tags=mine, cards=cards)
    elif form.is_valid():
        tagging.tag_cards(owner=request.learner, names=form.cleaned_data["name"], cards=cards)
    else:
        return show_card_tags(request, deck, cards, form)
    if wanted_part(request, (f"card-tags-{pk}",)):
        # The page may also have a list of the deck's tags.
        shown = show_card_tags(request, deck, cards, TagNamesForm(owner=request.learner))
        return trigger_client_event(shown, "tags-changed")
    return redirect(safe_next(request) or request.path)


def show_card_tags(
    request: LearnerRequest, deck: Deck, cards: CardQuerySet, form: TagNamesForm
) -> HttpResponse:
    """The card's tags with the form, in the card's place in a list or as a page."""
    card = cards.with_seen_tags(request.learner, deck=deck).get()
    is_part = wanted_part(request, (f"card-tags-{card.pk}",))
    is_open = not is_part or "done" not in request.GET
    context = {"deck": deck, "card": card, "tag_form": form, "next": safe_next(request)}
    context |= {"is_open": is_open, "is_closed": not is_open}
    return render_page(
        request, "cards/tags/_card_tags.html" if is_part else "cards/tags/tag_card.html", context
    )


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def deck_tags(request: LearnerRequest, slug: str) -> HttpResponse:
    """A list of the deck's cards, filtered by tags and a text, to tag or untag the selected ones."""
    deck = deck_to_see(request, slug)
    if request.method != "POST":
        return show_selection(request, deck, SelectionForm(owner=request.learner))
    form = SelectionForm(request.POST, owner=request.learner)
    if not form.is_valid():
        return show_selection(request, deck, form)
    chosen = deck.cards.present().filter(pk__in=form.cards())
    cards = listed(request, deck)[0] if form.cleaned_data["all"] else chosen
    notice = apply(request, form, cards)
    if not wanted_part(request, ("selection",)):
        messages.info(request, notice)
        return redirect(request.get_full_path())
    return show_selection(request, deck, SelectionForm(owner=request.learner), notice=notice)


def apply(request: LearnerRequest, form: SelectionForm, cards: CardQuerySet) -> str:
    """Tag or untag the cards; return a message."""
    if not cards.exists():
        return "Select cards first."
    names = form.cleaned_data["name"]
    quoted = ", ".join(f"“{name}”" for name in names)
    if form.cleaned_data["do"] == "tag":
        count = tagging.tag_cards(owner=request.learner, names=names, cards=cards)
        return f"{quoted} added to {count:,} card{'' if count == 1 else 's'}."
    mine = request.learner.tags.filter(key__in=[tag_key(name) for name in names])
    count = tagging.untag_cards(tags=mine, cards=cards)
    return f"{quoted} removed from {count:,} card{'' if count == 1 else 's'}."


def listed(request: LearnerRequest, deck: Deck) -> tuple[CardQuerySet, TagChoice, SearchForm]:
    """The cards that the address selects, in order, with the chosen tags and the search."""
    search = SearchForm(request.GET)
    choice = tag_choice(request, deck)
    cards: CardQuerySet = Card.objects.filter(deck=deck).present().in_order().with_text(search.text)
    return choice.narrow(cards), choice, search


def show_selection(
    request: LearnerRequest, deck: Deck, form: SelectionForm, *, notice: str = ""
) -> HttpResponse:
    cards, choice, search = listed(request, deck)
    with_tags = cards.with_seen_tags(request.learner, deck=deck)
    paginator = KeyPaginator(with_tags, CARDS_PER_PAGE)
    if not search.text and not choice.keys:
        paginator.count = deck.card_count
    page = paginator.get_page(request.GET.get("page"))
    ticked = set(form.cards()) if form.is_bound else set()
    context = {
        "deck": deck,
        "page": page,
        "choice": choice,
        "search": search,
        "form": form,
        "notice": notice,
        "ticked": ticked,
    }
    return render_page(request, "cards/tags/tag_cards.html", context, parts=("selection",))
