"""The page that finds decks, cards and tags."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cards.models import Card, Deck, Tag, TagLink
from cards.searching.finding import MOST_COUNTED, Found, Hits, Scope, find
from cards.text.markdown import plain
from cards.text.marking import marked, marked_html, snippet
from cards.text.words import MAX_QUERY, Word, query_of
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import SiteRequest

SHOWN, PER_PAGE = 6, 24
"""Hits of each kind on the page of all kinds, and on a page of one."""

MOST_HTML = 400
"""Characters of a side that is shown whole; of a longer one the part around the match."""

KINDS = ("decks", "cards", "tags")


@dataclass(frozen=True)
class Shown:
    """A hit as the page shows it: its address, its text as HTML, and for a card the HTML of its second side."""

    row: Any
    address: str
    text: str
    more: str = ""


@never_cache
@require_safe
def search(request: SiteRequest) -> HttpResponse:
    """What is found by kind, or with ``kind`` all of one kind; with htmx the results alone."""
    text = request.GET.get("q", "").replace("\x00", "")[:MAX_QUERY].strip()
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    words = query_of(text)
    found = find(request.learner, text, limit=MOST_COUNTED if kind else SHOWN)
    context: dict[str, object] = {"text": text, "kind": kind, "has_words": bool(words)}
    if kind:
        hits: Hits[Any] = getattr(found, kind)
        page = Paginator(hits.rows, PER_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "groups": [group(request, kind, hits, list(page), words)]}
    else:
        groups = [
            group(request, name, getattr(found, name), getattr(found, name).rows, words) for name in KINDS
        ]
        context["groups"] = [one for one in groups if one["count"]]
        context["total"] = total(found)
    return render_page(request, "cards/search/page.html", context, parts=("results",))


def total(found: Found) -> str:
    """How many hits there are, for a screen reader."""
    counts: list[Hits[Any]] = [found.decks, found.cards, found.tags]
    number = sum(hits.count for hits in counts)
    more = "more than " if any(hits.has_more for hits in counts) else ""
    return f"{more}{number} result{'' if number == 1 else 's'}"


def group(
    request: SiteRequest, kind: str, hits: Hits[Any], rows: list[Any], words: tuple[Word, ...]
) -> dict[str, object]:
    if kind == "tags":
        shown = tags_shown(request, rows, words)
    else:
        shown = [(card_shown if kind == "cards" else deck_shown)(row, words) for row in rows]
    count = f"{hits.count}+" if hits.has_more else str(hits.count)
    return {
        "kind": kind,
        "count": hits.count,
        "counted": count,
        "hits": shown,
        "has_more": hits.count > SHOWN,
    }


def deck_shown(deck: Deck, words: tuple[Word, ...]) -> Shown:
    description = snippet(" ".join(deck.description.split()), words)
    return Shown(deck, deck.get_absolute_url(), marked(deck.title, words), marked(description, words))


def card_shown(card: Card, words: tuple[Word, ...]) -> Shown:
    sides = [
        marked_html(html, words) if len(source) <= MOST_HTML else marked(snippet(plain(source), words), words)
        for source, html in ((card.term, card.term_html), (card.definition, card.definition_html))
    ]
    return Shown(card, reverse("card", args=[card.deck.slug, card.pk]), *sides)


def tags_shown(request: SiteRequest, tags: list[Tag], words: tuple[Word, ...]) -> list[Shown]:
    """The learner's own tags lead to their pages, others to a deck in which they are used."""
    others = [tag.pk for tag in tags if tag.owner_id != request.learner.pk]
    decks = Scope(request.learner).decks.order_by()
    links = TagLink.objects.filter(tag__in=others, tag__owner=F("card__deck__owner"), card__removed_at=None)
    found = links.filter(card__deck__in=decks).order_by("-card__deck")
    slugs = dict(found.values_list("tag", "card__deck__slug").distinct()) if others else {}
    shown = []
    for tag in tags:
        address = reverse("tag", args=[tag.pk])
        if slug := slugs.get(tag.pk):
            address = f"{reverse('deck', args=[slug])}?{urlencode({'tag': tag.key})}#terms"
        shown.append(Shown(tag, address, marked(tag.name, words)))
    return shown


@require_safe
def shortcuts(request: SiteRequest) -> HttpResponse:
    """The keys of every page. In a box over a page: those of the address ``page``, and those of all pages."""
    part = wanted_part(request, ("shortcuts",))
    name = "cards/search/_shortcuts.html" if part else "cards/search/shortcuts.html"
    response = render(request, name, {"part": part, "page": page_name(request.GET.get("page", ""))})
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def page_name(address: str) -> str:
    """The mode that is studied at ``address``, or the name of another page; empty if there is none."""
    try:
        found = resolve(address)
    except Resolver404:
        return ""
    return str(found.kwargs.get("mode", found.url_name))
