"""The one button that studies all decks: for whom, in which order, and what happens twice or too late."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck, Visibility
from sessions_app.models import Enrollment, Review, Step, StudySession
from sessions_app.sessions.services import session_start
from sessions_app.study.modes.types import SessionSettings
from sessions_app.today import services
from sessions_app.today.views import NO_OTHER_DECK, NOTHING_LEFT
from tests.conftest import client_of
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db

URL = "/today/"


def study_before(learner, deck, cards, *, days=30):
    """Rate ``cards`` of the deck so long ago that they are due; add no new ones."""
    Enrollment.objects.set_for(learner, deck, new_per_day=0)
    # At an hour at which no study day ends.
    then = (timezone.now() - timedelta(days=days)).replace(hour=16)
    studying = Studying(learner, deck, then)
    studying.start(new_limit=cards)
    for _ in range(cards):
        studying.answer(3)
    learner.study_sessions.finish(studying.now)


@pytest.fixture
def two_decks(learner, make_deck):
    """Decks with three and with two due cards."""
    decks = [make_deck(cards, title=title) for title, cards in (("Biology", 3), ("Chemistry", 2))]
    for deck in decks:
        study_before(learner, deck, deck.card_count)
    return decks


def page_of(deck):
    return reverse("study", args=[deck.slug, "spaced"])


def test_starts_the_deck_with_most_due_cards(learner, learner_client, two_decks):
    assert learner_client.post(URL)["Location"] == page_of(two_decks[0])
    session = learner.study_sessions.open().get()
    assert (session.deck, session.mode, session.settings["queue"]) == (two_decks[0], "spaced", "due")


def test_twice_continues_the_same_session(learner, learner_client, two_decks):
    for _ in range(2):
        assert learner_client.post(URL)["Location"] == page_of(two_decks[0])
    assert learner.study_sessions.open().count() == 1


def test_other_device_continues(learner, two_decks):
    settings = SessionSettings("due")
    session_start(learner=learner, deck=two_decks[1], mode="spaced", settings=settings, now=timezone.now())
    assert client_of(learner).post(URL)["Location"] == page_of(two_decks[1])


def test_after_a_deck_comes_another(learner, learner_client, two_decks):
    first, second = two_decks
    assert learner_client.post(URL, {"after": first.slug})["Location"] == page_of(second)
    # It comes round to an earlier one in which something is left.
    assert learner_client.post(URL, {"after": second.slug})["Location"] == page_of(first)


def test_last_deck_leads_home(learner_client, two_decks):
    Deck.objects.filter(pk=two_decks[0].pk).update(removed_at=timezone.now())
    response = learner_client.post(URL, {"after": two_decks[1].slug}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert NO_OTHER_DECK in response.text
    assert "2 due today" in response.text


def test_nothing_left_leads_home(learner_client, learner, deck):
    response = learner_client.post(URL, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert NOTHING_LEFT in response.text
    assert not StudySession.objects.exists()


@pytest.mark.parametrize("after", ["", "nothing", "../x", "\x00", "a" * 10_000, "'; --", "ß"])
def test_unknown_deck_before_starts_the_first(learner_client, two_decks, after):
    assert learner_client.post(URL, {"after": after})["Location"] == page_of(two_decks[0])


@pytest.mark.parametrize(
    "change", [{"removed_at": timezone.now()}, {"visibility": Visibility.PRIVATE}], ids=["removed", "closed"]
)
def test_closed_deck_is_passed_over(learner_client, two_decks, change):
    Deck.objects.filter(pk=two_decks[0].pk).update(**change)
    assert learner_client.post(URL)["Location"] == page_of(two_decks[1])


def test_deck_that_another_tab_finished_is_passed_over(learner_client, two_decks, monkeypatch):
    """Between the plan and the start the last card may be answered."""
    started = []

    def start(**given):
        started.append(given["deck"])
        return None if len(started) == 1 else session_start(**given)

    monkeypatch.setattr(services, "session_start", start)
    assert learner_client.post(URL)["Location"] == page_of(two_decks[1])
    assert started == two_decks


def test_new_cards_and_settings_of_the_deck_are_used(learner, learner_client, make_deck):
    deck = make_deck(9)
    study_before(learner, deck, 2)
    Enrollment.objects.set_for(learner, deck, new_per_day=3, learn_ahead=5, typed=True, strict=True)
    learner_client.post(URL)
    settings = learner.study_sessions.open().get().settings
    chosen = {name: settings[name] for name in ("new_limit", "learn_ahead", "typed", "strict")}
    assert chosen == {"new_limit": 3, "learn_ahead": 5, "typed": True, "strict": True}
    kept = Enrollment.objects.get(learner=learner, deck=deck)
    assert (kept.new_per_day, kept.typed, kept.strict) == (3, True, True)


def test_get_only_leads_home(client, learner_client, two_decks):
    for browser in (client, learner_client):
        assert browser.get(URL)["Location"] == "/"
        assert browser.head(URL).status_code == 302
        assert browser.put(URL).status_code == 405
    assert not StudySession.objects.open().exists()


def test_visitor_is_sent_to_the_login(client, two_decks):
    response = client.post(URL, headers={"referer": "http://testserver/decks/x/"})
    assert response["Location"] == "/accounts/login/?next=/decks/x/"
    assert not StudySession.objects.open().exists()


def test_needs_the_csrf_token(learner, two_decks):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(learner)
    assert strict.post(URL).status_code == 403
    assert not StudySession.objects.open().exists()


def test_htmx_goes_to_the_page(learner_client, two_decks):
    response = learner_client.post(URL, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == page_of(two_decks[0])


def test_guest_studies_all(client, study_url, answer_url, deck):
    client.post(study_url)
    client.post(answer_url, {"step": Step.objects.get().pk, "rating": "3"})
    assert client.post(URL)["Location"] == study_url
    assert Review.objects.count() == StudySession.objects.count() == 1


def test_decks_of_others_are_never_started(stranger_client, two_decks, learner):
    assert stranger_client.post(URL)["Location"] == "/"
    assert not StudySession.objects.open().exists()


def test_staff_studies_as_a_learner(superuser_client, superuser, two_decks):
    assert superuser_client.post(URL)["Location"] == "/"
    study_before(superuser, two_decks[1], 1)
    assert superuser_client.post(URL)["Location"] == page_of(two_decks[1])
