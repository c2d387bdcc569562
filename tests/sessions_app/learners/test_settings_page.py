"""The pages for a deck's settings, starting over and marks: access, content and bad input."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Card, Deck
from sessions_app.learners.forms import SettingsForm
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Rating
from tests.sessions_app.conftest import Studying
from tests.sessions_app.study.build import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HTMX = {"HX-Request": "true", "HX-Target": "question"}
SETTINGS = {"new_per_day": "7", "percent": "85", "side_choice": "term", "learn_ahead": "5"}
PAGES = ["deck_settings", "deck_start_over", "deck_marked"]


def text(response):
    return " ".join(response.content.decode().split())


def page(client, deck, name, query=""):
    response = client.get(reverse(name, args=[deck.slug]) + query)
    assert response.status_code == 200
    return text(response)


def mark(client, deck, position, mark, on="on", **more):
    card = deck.cards.get(position=position)
    url = reverse("card_mark", args=[deck.slug, card.pk])
    return client.post(url, {"mark": mark, "on": on, **more})


@pytest.fixture
def studied(learner, deck):
    studying = Studying(learner, deck, now=timezone.now() - timedelta(minutes=1))
    studying.start()
    studying.answer(3)
    studying.answer(1)
    return studying


@pytest.fixture
def aside_url(deck):
    return reverse("study_aside", args=[deck.slug, "spaced"])


# --- Who may


@pytest.mark.parametrize("name", PAGES)
def test_visitors_are_redirected_to_the_login(client, deck, name):
    url = reverse(name, args=[deck.slug])
    assert client.get(url)["Location"] == f"{reverse('account_login')}?next={url}"


@pytest.mark.parametrize("name", PAGES)
def test_private_deck_returns_404_to_others(deck, learner_client, owner_client, name):
    Deck.objects.update(visibility="private")
    url = reverse(name, args=[deck.slug])
    assert learner_client.get(url).status_code == 404
    assert owner_client.get(url).status_code == 200


@pytest.mark.parametrize("name", ["deck_settings", "deck_start_over"])
def test_post_without_csrf_token_is_refused(learner, deck, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert client.post(reverse(name, args=[deck.slug])).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_get_writes_nothing(learner_client, deck, name):
    page(learner_client, deck, name)
    assert not Enrollment.objects.exists()


def test_mark_addresses_refuse_the_wrong_method(learner_client, deck, aside_url):
    assert learner_client.get(reverse("card_mark", args=[deck.slug, 1])).status_code == 405
    assert learner_client.get(aside_url).status_code == 405
    assert learner_client.post(reverse("deck_marked", args=[deck.slug])).status_code == 405


# --- Settings


def test_settings_are_saved_and_shown_again(learner_client, deck):
    url = reverse("deck_settings", args=[deck.slug])
    assert learner_client.post(url, SETTINGS)["Location"] == url
    enrollment = Enrollment.objects.get()
    found = (enrollment.new_per_day, enrollment.retention, enrollment.side_choice, enrollment.learn_ahead)
    assert found == (7, 0.85, "term", 5)
    assert not enrollment.two_buttons
    html = page(learner_client, deck, "deck_settings")
    assert 'value="85"' in html
    assert "Your settings for this deck are saved." in html


@pytest.mark.parametrize("percent", range(70, 98))
def test_every_retention_percentage_survives_the_form(percent):
    form = SettingsForm(SETTINGS | {"percent": str(percent)}, instance=Enrollment(deck=Deck()))
    assert form.is_valid()
    saved = Enrollment(deck=Deck(), retention=form.settings()["retention"])
    assert SettingsForm(instance=saved).initial["percent"] == percent


@pytest.mark.parametrize(
    ("name", "value"),
    [("new_per_day", "-1"), ("new_per_day", "1000"), ("new_per_day", ""), ("percent", "69"), ("percent", "98"),
     ("percent", "90.5"), ("percent", "９0x"), ("percent", "9" * 400), ("side_choice", "back"),
     ("side_choice", "\0"), ("learn_ahead", "121"), ("learn_ahead", "-5"), ("learn_ahead", "soon")],
)  # fmt: skip
def test_setting_out_of_range_is_a_form_error(learner_client, deck, name, value):
    response = learner_client.post(reverse("deck_settings", args=[deck.slug]), SETTINGS | {name: value})
    assert response.status_code == 200
    assert "errorlist" in text(response)
    assert 'value="5"' in text(response) or name == "learn_ahead"
    assert not Enrollment.objects.exists()


def test_retention_changes_intervals_as_the_help_text_says():
    """At 95 % a card comes two and a half times as often as at 90 %, at 80 % a third as often."""
    first, later = fsrs_memory.review(None, Rating.EASY, NOON, NOON.date()), NOON + timedelta(days=8)
    waits = {
        percent: fsrs_memory.previews(first, later, later.date(), percent / 100)[Rating.GOOD]
        for percent in (80, 90, 95)
    }
    assert waits[90] / waits[95] == pytest.approx(2.5, rel=0.1)
    assert waits[80] / waits[90] == pytest.approx(3.3, rel=0.1)


def test_changed_settings_keep_the_open_question(learner_client, deck, studied):
    step = studied.open_step()
    learner_client.post(reverse("deck_settings", args=[deck.slug]), SETTINGS)
    assert studied.open_step() == step
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"])))
    assert step.question["prompt"] in html


def test_two_buttons_hide_hard_and_easy(learner_client, deck, studied):
    learner_client.post(reverse("deck_settings", args=[deck.slug]), SETTINGS | {"two_buttons": "on"})
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"])))
    assert [name for name in ("Again", "Hard", "Good", "Easy") if f">{name}</span>" in html] == [
        "Again",
        "Good",
    ]
    studied.answer(4)
    assert Review.objects.in_order().last().rating == 4


# --- Starting over


def test_starting_over_asks_first(learner_client, deck, studied):
    html = page(learner_client, deck, "deck_start_over")
    assert "This cannot be undone." in html
    assert Enrollment.objects.get().recalled == 1


def test_starting_over_makes_all_cards_new(learner_client, deck, studied):
    response = learner_client.post(reverse("deck_start_over", args=[deck.slug]), follow=True)
    assert "all cards of this deck are new again" in text(response)
    assert Enrollment.objects.get().recalled == 0
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"])))
    assert "5 new cards today" in html
    assert "answers</dt>" not in html, "what was before is no session's summary any more"


# --- Marks from anywhere


@pytest.mark.parametrize("kind", ["starred", "suspended", "buried"])
def test_mark_is_set_listed_and_removed(learner_client, deck, kind):
    assert mark(learner_client, deck, 2, kind)["Location"] == reverse("deck_marked", args=[deck.slug])
    html = page(learner_client, deck, "deck_marked")
    assert "Term 2" in html
    assert "Term 1" not in html
    mark(learner_client, deck, 2, kind, on="")
    assert "No cards are marked." in page(learner_client, deck, "deck_marked")


def test_marked_list_can_be_filtered(learner_client, deck):
    mark(learner_client, deck, 1, "starred")
    mark(learner_client, deck, 2, "suspended")
    assert 'href="?mark=suspended"' in page(learner_client, deck, "deck_marked")
    assert "Term 1" not in page(learner_client, deck, "deck_marked", "?mark=suspended")
    assert "Term 2" in page(learner_client, deck, "deck_marked", "?mark=suspended")
    for query in ("?mark=nothing", "?mark=", "?page=99", "?page=x", "?mark=%00"):
        assert "Term 1" in page(learner_client, deck, "deck_marked", query)
    assert "No cards are buried." in page(learner_client, deck, "deck_marked", "?mark=buried")


def test_marked_list_is_paginated(learner, learner_client, make_deck):
    deck = make_deck(60)
    rows = [
        CardProgress(learner=learner, deck=deck, card=card, side="definition", starred=True)
        for card in deck.cards.all()
    ]
    CardProgress.objects.bulk_create(rows)
    assert "Page 1 of 2" in page(learner_client, deck, "deck_marked")
    assert "Term 59" in page(learner_client, deck, "deck_marked", "?page=2")


def test_marks_are_private_to_the_learner(learner_client, stranger_client, deck):
    mark(learner_client, deck, 1, "starred")
    assert "Term 1" not in page(stranger_client, deck, "deck_marked")
    mark(stranger_client, deck, 1, "starred", on="")
    assert CardProgress.objects.get().starred


@pytest.mark.parametrize("kind", ["", "gone", "starred\0", "STARRED"])
def test_unknown_mark_returns_404(learner_client, deck, kind):
    assert mark(learner_client, deck, 1, kind).status_code == 404
    assert not CardProgress.objects.exists()


def test_removed_and_unknown_cards_cannot_be_marked(learner_client, make_deck, deck):
    elsewhere = make_deck(1).cards.get()
    for pk in (elsewhere.pk, 0, 10**30):
        url = reverse("card_mark", args=[deck.slug, pk])
        assert learner_client.post(url, {"mark": "starred", "on": "on"}).status_code == 404
    Card.objects.filter(deck=deck).update(removed_at=timezone.now())
    assert mark(learner_client, deck, 1, "starred").status_code == 404


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\0"])
def test_mark_never_redirects_to_another_site(learner_client, deck, target):
    assert mark(learner_client, deck, 1, "starred", next=target)["Location"].startswith("/decks/")


def test_htmx_gets_only_the_star_form(learner_client, deck):
    url = reverse("card_mark", args=[deck.slug, deck.cards.first().pk])
    headers = {"HX-Request": "true", "HX-Target": "star-form"}
    for on, pressed in (("on", "true"), ("", "false")):
        html = text(learner_client.post(url, {"mark": "starred", "on": on}, headers=headers))
        assert html.startswith('<form id="star-form"')
        assert f'aria-pressed="{pressed}"' in html
        assert ('name="on"' in html) == (pressed == "false")


# --- Putting the open card aside


@pytest.mark.parametrize(
    ("kind", "said"), [("suspended", "not asked any more"), ("buried", "comes back tomorrow")]
)
def test_htmx_suspend_or_bury_shows_next_card_and_undo(learner_client, deck, studied, aside_url, kind, said):
    step = studied.open_step()
    html = text(learner_client.post(aside_url, {"step": step.pk, "mark": kind}, headers=HTMX))
    assert html.startswith('<div id="question"')
    assert said in html
    assert "Term 3" in html
    assert ">Undo<" in html


def test_suspending_without_htmx_shows_a_notice_until_undone(learner_client, deck, studied, aside_url):
    step = studied.open_step()
    response = learner_client.post(aside_url, {"step": step.pk, "mark": "suspended"})
    assert response.status_code == 302
    assert "not asked any more" in text(learner_client.get(response["Location"]))
    mark(learner_client, deck, 2, "suspended", on="")
    assert "not asked any more" not in text(learner_client.get(response["Location"]))


@pytest.mark.parametrize("value", ["x", "0", "-1", "9" * 60, "%00", "1"])
def test_invalid_aside_parameter_shows_no_notice(learner_client, deck, studied, value):
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"]) + f"?aside={value}"))
    assert "not asked any more" not in html


def test_stale_step_marks_nothing(learner_client, deck, studied, aside_url):
    step = studied.open_step()
    studied.answer(3)
    for headers in (HTMX, {}):
        response = learner_client.post(
            aside_url, {"step": step.pk, "mark": "suspended"}, headers=headers, follow=True
        )
        assert "already answered" in text(response)
        assert "Term 3" in text(response)
    assert not CardProgress.objects.filter(suspended=True).exists()


@pytest.mark.parametrize("kind", ["starred", "", "\0"])
def test_only_suspend_and_bury_skip_a_step(learner_client, studied, aside_url, kind):
    data = {"step": studied.open_step().pk, "mark": kind}
    assert learner_client.post(aside_url, data).status_code == 404


def test_step_of_another_learner_returns_404(stranger_client, studied, aside_url):
    data = {"step": studied.open_step().pk, "mark": "buried"}
    assert stranger_client.post(aside_url, data).status_code == 404
    assert studied.open_step().pk == data["step"]


def test_suspending_the_last_card_shows_the_end_and_undo(learner, learner_client, make_deck):
    deck = make_deck(1)
    studying = Studying(learner, deck, now=timezone.now())
    studying.start()
    url = reverse("study_aside", args=[deck.slug, "spaced"])
    html = text(learner_client.post(url, {"step": Step.objects.get().pk, "mark": "suspended"}, headers=HTMX))
    assert 'id="start-form"' in html
    assert "not asked any more" in html
    assert StudySession.objects.get().finished_at


# --- Leeches, starred cards, the end of a session


@pytest.mark.parametrize(("lapses", "warned"), [(7, False), (8, True)])
def test_leech_shows_advice(learner_client, deck, studied, lapses, warned):
    CardProgress.objects.filter(card=studied.open_step().card_id).update(lapses=lapses)
    row = {"learner": studied.learner, "deck": deck, "card": studied.open_step().card, "side": "definition"}
    CardProgress.objects.update_or_create(**row, defaults={"lapses": lapses})
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"])))
    assert ("Forgotten 8 times." in html) == warned
    assert ("Ask Olga Owner to rewrite or split it" in html) == warned


def test_starred_option_appears_once_a_card_is_starred(learner_client, deck):
    url = reverse("study", args=[deck.slug, "spaced"])
    assert "Only starred cards" not in text(learner_client.get(url))
    mark(learner_client, deck, 3, "starred")
    assert "Only starred cards" in text(learner_client.get(url))
    learner_client.post(url, {"starred": "on"})
    assert Step.objects.get().card.position == 3


def test_session_uses_the_learn_ahead_setting(learner_client, deck):
    learner_client.post(reverse("deck_settings", args=[deck.slug]), SETTINGS)
    learner_client.post(reverse("study", args=[deck.slug, "spaced"]))
    assert StudySession.objects.get().settings["learn_ahead"] == 5


def test_end_page_lists_changed_levels_and_cards(learner_client, deck, studied):
    learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]))
    html = text(learner_client.get(reverse("study", args=[deck.slug, "spaced"])))
    assert "1 card recalled." in html
    assert 'id="summary-cards"' in html
    assert html.index("Term 1") < html.index("Term 0")


def test_suspended_cards_do_not_count_on_the_deck_page(learner, learner_client, deck, studied):
    for position in (1, 2, 3, 4):
        mark(learner_client, deck, position, "suspended")
    html = text(learner_client.get(deck.get_absolute_url()))
    assert "50 %" in html, "one recalled card of one"
    assert "1 due" not in html
