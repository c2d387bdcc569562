"""The pages of a mode, by owner, learner and stranger; with htmx and as plain forms."""

from urllib.parse import quote

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck, Visibility
from sessions_app.models import Enrollment, Review, Step, StudySession
from sessions_app.sessions.marks import Mark, card_mark

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture
def step(learner_client, study_url):
    """The open step of a session that the learner has just started."""
    learner_client.post(study_url)
    return Step.objects.get()


def text(response):
    return response.content.decode()


# --- Who may


def test_start_redirects_to_the_login_if_guests_are_off(client, study_url, settings):
    settings.GUESTS = False
    assert 'id="start-form"' in text(client.get(study_url))
    assert client.post(study_url)["Location"] == f"{reverse('account_login')}?next={study_url}"
    assert not StudySession.objects.exists()


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("link", 200), ("public", 200)])
def test_only_private_decks_return_404_to_others(
    deck, learner_client, owner_client, study_url, visibility, status
):
    Deck.objects.update(visibility=visibility)
    assert learner_client.get(study_url).status_code == status
    assert owner_client.get(study_url).status_code == 200


def test_deck_made_private_during_a_session_returns_404(deck, learner_client, answer_url, step):
    Deck.objects.update(visibility=Visibility.PRIVATE)
    response = learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    assert response.status_code == 404
    assert not Review.objects.exists()


def test_step_of_another_learner_returns_404(stranger_client, owner_client, answer_url, step):
    for other in (stranger_client, owner_client):
        assert other.post(answer_url, {"step": step.pk, "rating": "3"}).status_code == 404
    assert not Review.objects.exists()


def test_step_of_another_deck_returns_404(make_deck, learner_client, step):
    elsewhere = reverse("study_answer", args=[make_deck(3).slug, "spaced"])
    assert learner_client.post(elsewhere, {"step": step.pk, "rating": "3"}).status_code == 404


@pytest.mark.parametrize("mode", ["LEARN", "SPACED", "nothing"])
def test_unknown_mode_returns_404(deck, learner_client, mode):
    assert learner_client.get(f"/decks/{deck.slug}/{mode}/").status_code == 404


# --- Methods, and what they may do


def test_get_writes_nothing(learner_client, study_url, django_assert_num_queries):
    response = learner_client.get(study_url)
    assert 'id="start-form"' in text(response)
    assert not Enrollment.objects.exists()
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_answer_needs_post(learner_client, answer_url, method):
    assert getattr(learner_client, method)(answer_url).status_code == 405


def test_finishing_needs_post(learner_client, deck):
    assert learner_client.get(reverse("study_finish", args=[deck.slug, "spaced"])).status_code == 405


@pytest.mark.parametrize("name", ["study", "study_answer", "study_finish"])
def test_post_without_csrf_token_is_refused(learner, deck, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert client.post(reverse(name, args=[deck.slug, "spaced"])).status_code == 403


# --- The way through


def test_posts_without_htmx_redirect_to_the_page(learner_client, study_url, answer_url):
    assert learner_client.post(study_url)["Location"] == study_url
    step = Step.objects.get()
    assert learner_client.post(answer_url, {"step": step.pk, "rating": "3"})["Location"] == study_url
    body = text(learner_client.get(study_url))
    assert "Term 1" in body
    assert 'id="answer-form"' in body


def test_htmx_gets_the_next_question_alone(learner_client, answer_url, step):
    response = learner_client.post(answer_url, {"step": step.pk, "rating": "3"}, headers=HTMX)
    body = text(response)
    assert body.strip().startswith('<div id="question"')
    assert "<html" not in body
    assert "Term 1" in body
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in response["Vary"].split(",")}


def test_unknown_htmx_target_gets_the_whole_page(learner_client, study_url):
    assert "<html" in text(learner_client.get(study_url, headers={**HTMX, "HX-Target": "everything"}))


def test_rating_buttons_show_intervals(learner_client, study_url, step):
    body = text(learner_client.get(study_url))
    assert [w for w in ("10 min", "15 min", "2 d", "8 d") if w not in body] == []


def test_end_page_shows_results_and_next_due_date(learner_client, study_url, answer_url, step):
    for _ in range(5):
        step = Step.objects.unanswered().get()
        learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    body = text(learner_client.get(study_url))
    assert "Done for today" in body
    assert "The next card is due" in body
    assert "Study ahead" in body


def test_ten_more_new_cards_can_be_studied(make_deck, learner_client):
    deck = make_deck(30)
    study_url = reverse("study", args=[deck.slug, "spaced"])
    learner_client.post(study_url, {"new_per_day": "1"})
    learner_client.post(
        reverse("study_answer", args=[deck.slug, "spaced"]), {"step": Step.objects.get().pk, "rating": "4"}
    )
    assert "Study 10 more new cards" in text(learner_client.get(study_url))
    learner_client.post(study_url, {"extra_new": "10"})
    assert StudySession.objects.open().get().settings["new_limit"] == 10


def test_number_of_new_cards_is_saved(learner_client, study_url):
    learner_client.post(study_url, {"new_per_day": "2"})
    assert Enrollment.objects.get().new_per_day == 2
    assert StudySession.objects.get().settings["new_limit"] == 2


def test_finishing_early_keeps_the_answers(deck, learner_client, study_url, answer_url, step):
    learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    body = text(learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]), headers=HTMX))
    assert 'id="start-form"' in body
    assert Review.objects.count() == 1


def test_start_in_an_empty_deck_shows_a_message(make_deck, learner_client):
    study_url = reverse("study", args=[make_deck(0).slug, "spaced"])
    assert "nothing to study here right now" in text(learner_client.post(study_url, follow=True))
    assert "nothing to study here right now" in text(learner_client.post(study_url, headers=HTMX))


@pytest.mark.parametrize("headers", [HTMX, {}])
@pytest.mark.parametrize("mark", ["suspended", "buried"])
def test_card_put_aside_can_be_brought_back(deck, learner_client, step, mark, headers):
    fields = {"step": step.pk, "mark": mark}
    address = reverse("study_aside", args=[deck.slug, "spaced"])
    page = text(learner_client.post(address, fields, headers=headers, follow=True))
    form = page.split('id="aside-form"')[1].split("</form>")[0]
    assert reverse("card_mark", args=[deck.slug, step.card_id]) in form
    assert f'name="mark" value="{mark}"' in form
    assert "Term 1" in page


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_last_card_put_aside_can_be_brought_back(make_deck, learner_client, headers):
    deck = make_deck(1)
    learner_client.post(reverse("study", args=[deck.slug, "spaced"]))
    fields = {"step": Step.objects.get().pk, "mark": "buried"}
    address = reverse("study_aside", args=[deck.slug, "spaced"])
    page = text(learner_client.post(address, fields, headers=headers, follow=True))
    assert 'id="aside-form"' in page
    assert 'id="start-form"' in page


# --- Twice, stale, hostile


def test_decks_with_nothing_to_ask_say_why(learner, learner_client, make_deck):
    empty, aside = make_deck(0), make_deck(2)
    for card in aside.cards.select_related("deck"):
        card_mark(learner=learner, card=card, mark=Mark.SUSPENDED, on=True, now=timezone.now())
    said = "This deck has no cards yet.", "Every card is suspended or buried."
    for deck, words in zip((empty, aside), said, strict=True):
        assert words in learner_client.get(reverse("study", args=[deck.slug, "spaced"])).content.decode()


def test_answer_sent_twice_counts_once(learner_client, answer_url, step):
    learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    again = learner_client.post(answer_url, {"step": step.pk, "rating": "1"}, headers=HTMX)
    assert "already answered" in text(again)
    assert "Term 1" in text(again)
    assert Review.objects.get().rating == 3


def test_answer_resent_without_javascript_counts_once(learner_client, answer_url, step):
    learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    again = learner_client.post(answer_url, {"step": step.pk, "rating": "1"}, follow=True)
    assert "already answered" in text(again)
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "fields", "what"),
    [
        ("study_answer", {"rating": "1"}, "The answer to step"),
        ("study_aside", {"mark": "buried"}, "Suspending or burying the card of step"),
        ("study_instead", {}, "Another question for step"),
        ("study_undo", {}, "Undoing step"),
    ],
)
def test_stale_post_is_logged_with_keys_alone(
    deck, learner_client, answer_url, step, caplog, name, fields, what
):
    learner_client.post(answer_url, {"step": step.pk, "rating": "3"})
    learner_client.post(answer_url, {"step": Step.objects.unanswered().get().pk, "rating": "3"})
    with caplog.at_level("INFO", "sessions_app"):
        learner_client.post(reverse(name, args=[deck.slug, "spaced"]), {"step": step.pk, **fields})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("sessions_app")]
    assert lines == [f"{what} {step.pk} in session {step.session_id} came too late and changed nothing."]


def test_answer_after_the_end_shows_the_end(deck, learner_client, answer_url, step):
    learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]))
    response = learner_client.post(answer_url, {"step": step.pk, "rating": "1"}, headers=HTMX)
    assert "already answered" in text(response)
    assert 'id="start-form"' in text(response)


@pytest.mark.parametrize("rating", ["", "9", "good", "3" * 1_000_000, "\0", "３", "\ud800"])
def test_unknown_rating_asks_the_same_question(learner_client, answer_url, step, rating):
    data = f"step={step.pk}&rating={quote(rating, errors='surrogatepass')}"
    for headers in ({}, HTMX):
        response = learner_client.post(
            answer_url, data, content_type="application/x-www-form-urlencoded", headers=headers
        )
        assert response.status_code == 200
        assert "Choose Again, Hard, Good or Easy." in text(response)
        assert "Term 0" in text(response)
    assert not Review.objects.exists()


@pytest.mark.parametrize("value", ["", "0", "-1", "x", "1e9", "9" * 40, str(2**63 - 1), "1; DROP", "\0"])
def test_invalid_step_returns_404(learner_client, answer_url, step, value):
    assert learner_client.post(answer_url, {"step": value, "rating": "3"}).status_code == 404


@pytest.mark.parametrize("value", ["-1", "1000", "many", "9" * 50, "\0"])
def test_new_cards_out_of_range_are_a_form_error(learner_client, study_url, value):
    response = learner_client.post(study_url, {"new_per_day": value}, headers=HTMX)
    assert response.status_code == 200
    assert "errorlist" in text(response) or "error" in text(response)
    assert not StudySession.objects.exists()


def test_unknown_queue_starts_nothing(learner_client, study_url):
    assert learner_client.post(study_url, {"queue": "everything"}).status_code == 200
    assert not StudySession.objects.exists()


def test_too_large_request_returns_413(learner_client, answer_url, step):
    response = learner_client.post(answer_url, {"step": step.pk, "rating": "3" * 3_000_000})
    assert response.status_code == 413
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("due", "new", "text"),
    [(3, 20, "3 due and 20 new cards today."), (1, 0, "1 card due today."), (0, 1, "1 new card today.")],
)
def test_cards_due_today_are_worded(due, new, text):
    today = {"today": {"due": due, "new": new}}
    assert render_to_string("sessions_app/spaced/_cards_today.html", today).strip() == text
