"""The end of a session: what was gained, and the one next step."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment, Step
from sessions_app.sessions.gains import ring
from sessions_app.study.days import study_day
from studysite.accounts.models import User
from tests.sessions_app.today.test_today_start import study_before

pytestmark = pytest.mark.django_db

KEEP = "Keep these"


def finish_spaced(client: Client, deck, rating: str = "3") -> str:
    """Give every card of today the ``rating``, Good; return the page at the end."""
    page = reverse("study", args=[deck.slug, "spaced"])
    client.post(page)
    while step := Step.objects.unanswered().first():
        client.post(reverse("study_answer", args=[deck.slug, "spaced"]), {"step": step.pk, "rating": rating})
    return client.get(page).content.decode()


def test_end_leads_to_the_other_deck_that_is_due(learner, learner_client, make_deck):
    other = make_deck(3, title="Biology")
    study_before(learner, other, 3)
    page = finish_spaced(learner_client, make_deck(2, title="Chemistry"))
    assert "You knew all 2." in page
    assert "Next: Biology, 3 due" in page
    assert 'id="start-form"' in page
    response = learner_client.post(reverse("today_start"), {"after": "chemistry"})
    assert response["Location"] == reverse("study", args=[other.slug, "spaced"])


def test_end_names_no_deck_if_nothing_is_due(learner_client, make_deck):
    page = finish_spaced(learner_client, make_deck(2))
    assert "Next: " not in page
    assert "The next card is due" in page


def test_end_says_when_the_next_card_of_all_decks_is_due(learner, learner_client, make_deck):
    other = make_deck(1, title="Biology")
    study_before(learner, other, 1)
    tomorrow = study_day(timezone.now(), learner.zone) + timedelta(days=1)
    CardProgress.objects.filter(deck=other).update(due_day=tomorrow)
    Enrollment.objects.filter(deck=other).recount()
    page = finish_spaced(learner_client, make_deck(2, title="Chemistry"), rating="4")
    assert "Nothing else is due. The next card is due tomorrow in Biology." in page
    assert page.count("The next card is due") == 1


def test_end_offers_a_quick_test_matching_and_home(learner_client, make_deck):
    deck = make_deck(4)
    page = finish_spaced(learner_client, deck)
    assert 'name="preset" value="quick">Quick test<' in page
    assert ">Matching</button>" in page
    response = learner_client.post(
        reverse("study", args=[deck.slug, "test"]), {"preset": "quick"}, follow=True
    )
    assert 'id="paper-form"' in response.content.decode()
    response = learner_client.post(reverse("study", args=[deck.slug, "matching"]), follow=True)
    assert 'class="board"' in response.content.decode()


def test_end_with_more_to_study_offers_no_other_ways(learner_client, make_deck):
    deck = make_deck(4)
    page = reverse("study", args=[deck.slug, "spaced"])
    learner_client.post(page)
    step = Step.objects.unanswered().get()
    learner_client.post(reverse("study_answer", args=[deck.slug, "spaced"]), {"step": step.pk, "rating": "3"})
    learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]))
    html = learner_client.get(page).content.decode()
    assert "You knew it." in html
    assert "Quick test" not in html


def test_removed_deck_is_not_next(learner, learner_client, make_deck):
    other = make_deck(3, title="Biology")
    study_before(learner, other, 3)
    Deck.objects.filter(pk=other.pk).update(removed_at=timezone.now())
    assert "Next: " not in finish_spaced(learner_client, make_deck(2))


@pytest.mark.parametrize(("signup", "is_asked"), [("open", True), ("closed", False)])
def test_guest_may_keep_the_cards_if_sign_up_is_open(client, make_deck, settings, signup, is_asked):
    settings.SIGNUP = signup
    deck = make_deck(2, visibility="public")
    page = finish_spaced(client, deck)
    assert User.objects.filter(is_guest=True).exists()
    assert (KEEP in page) is is_asked


def test_end_page_of_a_learner_asks_for_no_account(learner_client, make_deck):
    assert KEEP not in finish_spaced(learner_client, make_deck(2))


def test_undone_answer_leaves_no_end(learner_client, make_deck):
    deck = make_deck(1)
    finish_spaced(learner_client, deck)
    last = Step.objects.latest("pk")
    learner_client.post(reverse("study_undo", args=[deck.slug, "spaced"]), {"step": last.pk})
    page = learner_client.get(reverse("study", args=[deck.slug, "spaced"])).content.decode()
    assert "You knew" not in page


@pytest.mark.parametrize(("thirds", "arc"), [(0, None), (1, "1 200"), (50, "50 200"), (100, "100 200")])
def test_ring_is_drawn_to_its_percentage(thirds, arc):
    svg = render_to_string("sessions_app/ends/_ring.html", {"ring": ring(thirds, 100, thirds)})
    assert ("ring-now" in svg) is (arc is not None)
    assert arc is None or f'stroke-dasharray="{arc}"' in svg
    assert f"{thirds} %" in svg
    assert "style=" not in svg
