"""The page that finds decks, cards and tags."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cards.models import Card, Deck, Tag, TagLink
from cards.searching.finding import MOST_COUNTED, Hits, Scope, find
from cards.text.markdown import plain
from cards.text.marking import NEAR, first_match, marked, marked_html, snippet, source_snippet
from cards.text.words import MAX_QUERY, Word, query_of
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import SiteRequest
from studysite.numbers import counted, whole_number

SHOWN, PER_PAGE = 6, 24
"""Hits of each kind on the page of all kinds, and on a page of one."""

MOST_HTML = 400
"""Characters of a side that is shown whole; of a longer one the part around the match."""

KINDS = ("decks", "cards", "tags")


@dataclass(frozen=True)
class Shown:
    """A hit as the page shows it: its address, its text as HTML, and for a card the HTML of its second side.

    ``tags`` are the names, as HTML, of a card's tags that have the words.
    """

    row: Any
    address: str
    text: str
    more: str = ""
    tags: Sequence[str] = field(default_factory=list)


@never_cache
@require_safe
def search(request: SiteRequest) -> HttpResponse:
    """What is found by kind, or with ``kind`` all of one kind; with htmx the results alone."""
    text = request.GET.get("q", "").replace("\x00", "")[:MAX_QUERY].strip()
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    words = query_of(text)
    number = whole_number(request.GET.get("page", ""), most=MOST_COUNTED) or 1
    limit = min(number * PER_PAGE, MOST_COUNTED) if kind else SHOWN
    found = find(request.learner, text, limit=limit)
    kinds = (kind,) if kind else KINDS
    hits: dict[str, Hits[Any]] = {name: getattr(found, name) for name in kinds}
    context: dict[str, object] = {
        "text": text,
        "kind": kind,
        "has_words": bool(words),
        "counted": counted_hits(hits),
    }
    first = 0
    if kind:
        page = Paginator(range(hits[kind].count), PER_PAGE).get_page(number)
        context["page"], first = page, max(page.start_index() - 1, 0)
    shown = PER_PAGE if kind else SHOWN
    context["groups"] = [
        group(request, name, hits[name], hits[name].rows[first : first + shown], words)
        for name in kinds
        if hits[name].count
    ]
    return render_page(request, "cards/search/page.html", context, parts=("results",))


def counted_hits(hits: dict[str, Hits[Any]]) -> str:
    """How many hits there are, as "12 results" or "More than 203 results"; empty if there are none."""
    number = sum(one.count for one in hits.values())
    more = "More than " if any(one.has_more for one in hits.values()) else ""
    return more + counted(number, "result") if number else ""


def group(
    request: SiteRequest, kind: str, hits: Hits[Any], rows: list[Any], words: tuple[Word, ...]
) -> dict[str, object]:
    if kind == "tags":
        shown = tags_shown(request, rows, words)
    elif kind == "cards":
        shown = cards_shown(request, rows, words)
    else:
        shown = [deck_shown(deck, words) for deck in rows]
    return {
        "kind": kind,
        "hits": shown,
        "count": hits.count,
        "is_more": hits.has_more,
        "has_all": hits.count <= SHOWN,
    }


def deck_shown(deck: Deck, words: tuple[Word, ...]) -> Shown:
    description = snippet(" ".join(deck.description.split()), words)
    return Shown(deck, deck.get_absolute_url(), marked(deck.title, words), marked(description, words))


def cards_shown(request: SiteRequest, cards: list[Card], words: tuple[Word, ...]) -> list[Shown]:
    tags = matching_tags(request, cards, words)
    return [
        Shown(
            card,
            reverse("card", args=[card.deck.slug, card.pk]),
            side_shown(card.term, card.term_html, words),
            side_shown(card.definition, card.definition_html, words),
            tags.get(card.pk, []),
        )
        for card in cards
    ]


def side_shown(source: str, html: str, words: tuple[Word, ...]) -> str:
    """A side as HTML: whole, or only the part around the match if that would be hidden."""
    if len(source) > MOST_HTML:
        return marked(source_snippet(source, words), words)
    text = plain(source)
    # A formula is better whole than as LaTeX.
    if "$" not in source and (first_match(text, words) or 0) > NEAR:
        return marked(snippet(text, words), words)
    return marked_html(html, words)


def matching_tags(request: SiteRequest, cards: list[Card], words: tuple[Word, ...]) -> dict[int, list[str]]:
    """By card: its tags that have all the words, if the learner or the deck's owner owns them."""
    seen = Q(tag__owner=request.learner.pk) | Q(tag__owner=F("card__deck__owner"))
    links = TagLink.objects.filter(seen, card__in=[card.pk for card in cards]).order_by("tag__key", "tag")
    found: dict[int, list[str]] = {}
    for card, name, stored in links.values_list("card", "tag__name", "tag__words"):
        in_tag = set(stored.split())
        if all(word.is_in(in_tag) for word in words):
            found.setdefault(card, []).append(marked(name, words))
    return found


def tags_shown(request: SiteRequest, tags: list[Tag], words: tuple[Word, ...]) -> list[Shown]:
    """The learner's own tags lead to their pages, others to a deck in which they are used."""
    others = [tag.pk for tag in tags if tag.owner_id != request.learner.pk]
    links = TagLink.objects.filter(
        tag=OuterRef("pk"), card__deck__owner=OuterRef("owner"), card__removed_at=None
    )
    links = links.filter(card__deck__in=Scope(request.learner).decks.order_by()).order_by("card")
    slug = Subquery(links.values("card__deck__slug")[:1])
    slugs = dict(Tag.objects.filter(pk__in=others).order_by().values_list("pk", slug)) if others else {}
    shown = []
    for tag in tags:
        address = reverse("tag", args=[tag.pk])
        if slug_of_deck := slugs.get(tag.pk):
            address = f"{reverse('deck', args=[slug_of_deck])}?{urlencode({'tag': tag.key})}#terms"
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
