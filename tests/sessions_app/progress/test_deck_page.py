"""A deck's page: the viewer's address, tags, the table, the terms."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Tag
from sessions_app.models import Enrollment
from studysite.accounts.models import User
from tests.sessions_app.conftest import NOON, Studying

pytestmark = pytest.mark.django_db


def body(client, deck, query="", **headers):
    response = client.get(f"{deck.get_absolute_url()}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def counter(html):
    return re.search(r'id="card-counter"[^>]*>([^<]*)<', html)[1]


def front(html):
    return re.search(r'flashcard-front.*?<div class="prose"[^>]*>(.*?)</div>', html, re.DOTALL)[1]


def test_public_deck_is_visible_to_everyone(client, deck):
    html = body(client, deck)
    assert counter(html) == "1/5"
    assert "Looks like no tags are added yet." in html


def test_unstudied_deck_shows_an_empty_table(client, owner_client, learner_client, deck):
    for somebody in (client, owner_client, learner_client):
        table = re.search(r'<table id="progress-table".*?</table>', body(somebody, deck), re.DOTALL)[0]
        head, rows = table.split("</thead>")
        heads = re.findall(r'<th role="columnheader" scope="col">(\w+)', head)
        assert heads == ["Name", "Mastery", "Learn", "Test", "Matching", "Spaced"]
        assert re.findall(r"<td[^>]*>(.*?)</td>", rows) == ["No study sessions yet."]
        assert rows.count("<tr") == 1


def test_sharing_is_offered_only_if_the_owner_is_active(deck, owner, learner, learner_client):
    Enrollment.objects.create(deck=deck, learner=learner, last_studied_at=timezone.now())
    share = f"Share my row with {owner.name}"
    assert share in body(learner_client, deck)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert share not in body(learner_client, deck)


def test_only_learners_are_told_where_to_tag(client, deck, learner_client):
    where = f"{deck.get_absolute_url()}tags/"
    assert where in body(learner_client, deck)
    assert where not in body(client, deck)
    assert learner_client.get(where).status_code == 200


def test_owner_gets_edit_link_and_learners_get_copy_link(client, owner_client, learner_client, deck):
    edit, copy = (f'href="{deck.get_absolute_url()}{page}/"' for page in ("edit", "copy"))
    pages = [body(somebody, deck) for somebody in (client, owner_client, learner_client)]
    assert [edit in page for page in pages] == [False, True, False]
    assert [copy in page for page in pages] == [False, False, True]


def test_staff_editors_get_an_edit_link(learner, learner_client, deck):
    User.objects.filter(pk=learner.pk).update(is_staff=True, is_superuser=True)
    assert f'href="{deck.get_absolute_url()}edit/"' in body(learner_client, deck)


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("link", 200), ("public", 200)])
def test_visibility_decides_who_may_open_a_deck(
    client, stranger_client, owner_client, deck, visibility, status
):
    Deck.objects.update(visibility=visibility)
    assert client.get(deck.get_absolute_url()).status_code == status
    assert stranger_client.get(deck.get_absolute_url()).status_code == status
    assert owner_client.get(deck.get_absolute_url()).status_code == 200


def test_removed_deck_returns_404(owner_client, deck):
    Deck.objects.update(removed_at=timezone.now())
    assert owner_client.get(deck.get_absolute_url()).status_code == 404


def test_post_returns_405(client, deck):
    assert client.post(deck.get_absolute_url()).status_code == 405


# --- The viewer


@pytest.mark.parametrize(
    ("query", "place"),
    [("?card=3", "3/5"), ("?card=99", "5/5"), ("?card=0", "1/5"), ("?card=x", "1/5"), ("?card=-2", "1/5"),
     (f"?card={'9' * 400}", "1/5"), ("?card=%00", "1/5"), ("?card=３", "1/5"), ("?card=", "1/5")],
)  # fmt: skip
def test_viewer_place_is_read_from_the_address(client, deck, query, place):
    assert counter(body(client, deck, query)) == place


def test_viewer_wraps_around(client, deck):
    assert 'rel="prev" href="?card=5"' in body(client, deck)
    assert 'rel="next" href="?card=1"' in body(client, deck, "?card=5")


def test_shuffled_viewer_shows_every_card_once(client, deck):
    shown = [front(body(client, deck, f"?card={place}&shuffle=7")) for place in range(1, 6)]
    assert sorted(shown) == [f"<p>Term {n}</p>" for n in range(5)]
    assert shown == [front(body(client, deck, f"?card={place}&shuffle=7")) for place in range(1, 6)]
    assert shown != sorted(shown)


def test_either_side_can_come_first(client, deck):
    assert front(body(client, deck, "?first=definition&card=2")) == "<p>Definition 1</p>"
    assert 'href="?first=term&amp;card=2"' in body(client, deck, "?first=definition&card=2")


def test_viewer_links_keep_shuffle_and_side(client, deck):
    assert 'rel="next" href="?card=3&amp;shuffle=7&amp;first=definition"' in body(
        client, deck, "?card=2&shuffle=7&first=definition"
    )


def test_htmx_gets_the_viewer_alone(client, deck):
    html = body(client, deck, "?card=2", **{"HX-Request": "true", "HX-Target": "card-viewer"})
    assert html.strip().startswith('<section id="card-viewer"')
    assert "<html" not in html
    assert counter(html) == "2/5"


def test_history_restore_gets_the_whole_page(client, deck):
    headers = {"HX-Request": "true", "HX-Target": "card-viewer", "HX-History-Restore-Request": "true"}
    assert "<html" in body(client, deck, "?card=2", **headers)


def test_empty_deck_has_one_panel_and_no_sections(client, owner_client, make_deck):
    deck = make_deck(0)
    for somebody in (client, owner_client):
        html = body(somebody, deck)
        assert html.count("This deck has no cards yet.") == 1
        assert "/spaced/" not in html
        for section in ("progress", "tags", "terms"):
            assert f'id="{section}"' not in html
            assert f'href="#{section}"' not in html


def test_empty_deck_offers_ways_to_add_cards_to_those_who_may(
    client, owner_client, learner_client, make_deck
):
    deck = make_deck(0)
    add = f"{deck.get_absolute_url()}edit/#new-card"
    paste = f'<form class="paste-box" method="post" action="{reverse("deck_import", args=[deck.slug])}"'
    for somebody, may in ((client, False), (learner_client, False), (owner_client, True)):
        html = body(somebody, deck)
        assert [add in html, paste in html] == [may, may]


def test_list_pasted_into_an_empty_deck_is_previewed(owner_client, make_deck):
    deck = make_deck(0)
    pasted = owner_client.post(reverse("deck_import", args=[deck.slug]), {"text": "chien\tdog"}, follow=True)
    assert f"Import into {deck.title}" in pasted.content.decode()


def test_parts_of_a_deck_that_has_become_empty_are_still_sent(client, make_deck):
    deck = make_deck(0)
    for part in ("card-viewer", "tags", "terms"):
        headers = {"HX-Request": "true", "HX-Target": part}
        assert body(client, deck, **headers).strip().startswith(f'<section id="{part}"')


def test_sections_can_be_reached_at_once(client, deck):
    html = body(client, deck)
    links = re.findall(r'href="#(\w+)"', html.partition('class="deck-sections"')[2].partition("</nav>")[0])
    assert links == ["progress", "tags", "terms"]
    assert all(f'id="{link}"' in html for link in links)


def test_each_side_is_set_in_the_direction_of_its_text(learner_client, deck):
    card = deck.cards.first()
    card.term, card.definition = "كتاب", "book"
    card.save()
    page = learner_client.get(reverse("card", args=[deck.slug, card.pk])).content.decode()
    for html in (body(learner_client, deck), page):
        sides = re.findall(r'<div class="prose[^>]*>\s*<p>(?:كتاب|book)', html)
        assert len(sides) >= 2
        assert all('dir="auto"' in side for side in sides)


# --- Terms and tags


def test_term_list_is_paginated(client, make_deck):
    deck = make_deck(120)
    first, last = body(client, deck), body(client, deck, "?page=3")
    assert "Term 49<" in first
    assert "Term 50<" not in first
    assert "Term 119<" in last
    assert "Page 3 of 3" in last


def test_htmx_gets_the_terms_alone(client, make_deck):
    html = body(client, make_deck(60), "?page=2", **{"HX-Request": "true", "HX-Target": "terms"})
    assert html.strip().startswith('<section id="terms"')
    assert "Term 59<" in html


def test_removed_cards_are_not_shown(client, deck):
    Card.objects.filter(position=0).update(removed_at=timezone.now())
    refresh_deck(deck=deck)
    html = body(client, deck)
    assert counter(html) == "1/4"
    assert "Term 0<" not in html


def test_learner_sees_the_owners_and_their_own_tags(client, learner_client, owner, learner, deck):
    card = deck.cards.first()
    card.tags.add(
        Tag.objects.create(owner=owner, name="exam"), Tag.objects.create(owner=learner, name="my own")
    )
    assert "exam" in body(client, deck)
    assert "my own" not in body(client, deck)
    assert body(learner_client, deck).count(">my own") == 2


# --- The table


def row(html):
    found = re.search(r"<tbody.*?</tbody>", html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


@pytest.fixture
def studied(learner, deck):
    # At noon: half an hour ago it was the same day.
    with time_machine.travel(NOON):
        studying = Studying(learner, deck, now=timezone.now() - timedelta(minutes=30))
        studying.start(new_limit=3)
        for rating in (3, 1, 3):
            studying.answer(rating)
        yield studying


def test_learner_sees_their_row(learner_client, deck, studied):
    found = row(body(learner_client, deck))
    assert found.startswith("Lena Learner studied today")
    assert "3 new, 0 recognised, 2 recalled, 0 learned, 0 mastered" in found
    assert "20 %" in found
    assert found.count("not started") == 3
    assert "1 due" in found


def test_explanation_shows_the_learners_numbers(learner_client, deck, studied):
    html = " ".join(body(learner_client, deck).split())
    assert (
        "A card becomes Mastered on the third day at the earliest, so one evening reaches at most 75 %."
        in html
    )
    assert "3 of 5 cards scheduled." in html


def test_row_is_private_without_consent(client, stranger_client, owner_client, deck, studied):
    for other in (client, stranger_client, owner_client):
        assert "Lena" not in body(other, deck)


def test_row_with_consent_is_visible_to_the_owner_alone(
    learner_client, owner_client, stranger_client, deck, studied
):
    sharing = reverse("deck_sharing", args=[deck.slug])
    assert learner_client.post(sharing, {"shares_progress": "on"})["Location"] == deck.get_absolute_url()
    assert "Lena Learner" in row(body(owner_client, deck))
    assert "Lena" not in body(stranger_client, deck)
    learner_client.post(sharing)
    assert "Lena" not in body(owner_client, deck)


def test_sharing_needs_post_and_a_learner(client, learner_client, stranger_client, deck, studied):
    sharing = reverse("deck_sharing", args=[deck.slug])
    assert learner_client.get(sharing).status_code == 405
    assert client.post(sharing).status_code == 302
    stranger_client.post(sharing, {"shares_progress": "on"})
    assert not Enrollment.objects.get(learner=studied.learner).shares_progress


def test_finished_day_row_shows_the_next_study_day(learner, learner_client, deck):
    studying = Studying(learner, deck, now=timezone.now())
    studying.start(new_limit=1)
    studying.answer(4)
    assert re.search(r"done, (next \w+|\d+ \w+)", row(body(learner_client, deck)))


def test_viewer_shows_the_star_to_learners_alone(client, learner_client, deck):
    assert "star-form" not in body(client, deck)
    assert 'aria-pressed="false" aria-label="Starred"' in body(learner_client, deck, "?card=2")
    card = deck.cards.get(position=1)
    learner_client.post(reverse("card_mark", args=[deck.slug, card.pk]), {"mark": "starred", "on": "on"})
    assert 'aria-pressed="true" aria-label="Starred"' in body(learner_client, deck, "?card=2")
    assert 'aria-pressed="false" aria-label="Starred"' in body(learner_client, deck, "?card=1")


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/decks/x/?card=3", "/decks/x/?card=3"),
        ("https://elsewhere.example/", "/"),
        ("//[", "/"),
        (None, "/"),
    ],
)
def test_post_by_visitor_returns_to_its_page_after_login(client, deck, referer, page):
    card = deck.cards.first()
    headers = {"Referer": referer} if referer else {}
    for address in (
        reverse("card_mark", args=[deck.slug, card.pk]),
        reverse("deck_sharing", args=[deck.slug]),
        reverse("review_override", args=[1]),
    ):
        location = urlsplit(client.post(address, headers=headers)["Location"])
        assert (location.path, parse_qs(location.query)) == ("/accounts/login/", {"next": [page]})
