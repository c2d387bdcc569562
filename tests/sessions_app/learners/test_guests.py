"""Guests on the pages: how a visitor becomes one, and what happens to their answers."""

import re
from datetime import date
from unittest.mock import patch

import pytest
import time_machine
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import get_current_timezone_name

from cards.models import Deck
from sessions_app.learners.guests import guest_merge
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.sessions import services as sessions
from studysite.accounts import erasing
from studysite.accounts.models import User
from tests.accounts.people import log_in, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture
def guest_client(client, study_url, answer_url):
    """A guest's browser, with two answers."""
    client.post(study_url, {"time_zone": "Asia/Tokyo"})
    answer(client, answer_url, times=2)
    return client


def answer(client, url, times=1):
    for _ in range(times):
        guest = User.objects.get(pk=client.session["guest_id"])
        step = Step.objects.unanswered().get(session__learner=guest, session__finished_at=None)
        assert client.post(url, {"step": step.pk, "rating": "3"}).status_code == 302


def guests():
    return User.objects.filter(is_guest=True)


# --- Becoming a guest


@pytest.mark.parametrize("method", ["get", "head"])
def test_get_or_head_makes_no_guest(client, deck, study_url, method):
    for path in ("/", deck.get_absolute_url(), study_url, "/guest/fresh/"):
        assert getattr(client, method)(path).status_code in (200, 302)
    assert not guests().exists()
    assert "guest_id" not in client.session


def test_first_start_makes_one_guest(client, study_url):
    assert client.post(study_url, {"time_zone": "Asia/Tokyo"})["Location"] == study_url
    client.post(study_url)
    guest = guests().get()
    assert (guest.time_zone, client.session["guest_id"]) == ("Asia/Tokyo", guest.pk)
    assert StudySession.objects.get().learner == guest
    assert "Term 0" in client.get(study_url).text


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "\x00", "z" * 100_000])
def test_unknown_time_zone_becomes_utc(client, study_url, zone):
    client.post(study_url, {"time_zone": zone})
    assert guests().get().time_zone == "UTC"


def test_invalid_start_form_makes_no_guest(client, study_url):
    page = client.post(study_url, {"queue": "nonsense"})
    assert page.status_code == 200
    assert not guests().exists()


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("link", 302), ("public", 302)])
def test_guest_starts_only_on_visible_decks(client, study_url, visibility, status):
    Deck.objects.update(visibility=visibility)
    assert client.post(study_url).status_code == status
    assert guests().exists() == (status == 302)


def test_start_without_csrf_token_makes_no_guest(study_url):
    assert Client(enforce_csrf_checks=True).post(study_url).status_code == 403
    assert not guests().exists()


def test_planted_session_key_is_replaced(client, study_url):
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post(study_url)
    assert client.session.session_key != planted
    assert not client.session.exists(planted)


@pytest.mark.slow
def test_forty_guests_start_from_one_address(study_url):
    assert {Client().post(study_url).status_code for _ in range(40)} == {302}


def test_too_many_guests_from_one_address_return_429(client, study_url, settings):
    settings.ACCOUNT_RATE_LIMITS = {"guest": "2/h/ip"}
    answers = [Client().post(study_url).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert guests().count() == 2


def test_front_page_hides_study_now_if_guests_are_off(client, deck, settings):
    assert "Study now" in client.get("/").text
    settings.GUESTS = False
    body = client.get("/").text
    assert "Study now" not in body
    assert deck.get_absolute_url() in body


def test_guest_studies_in_their_own_time_zone(client, study_url, answer_url):
    with time_machine.travel("2026-03-02 20:00Z", tick=False):
        client.post(study_url, {"time_zone": "Asia/Tokyo"})
        answer(client, answer_url)
        assert Review.objects.get().study_day == date(2026, 3, 3)
        with patch(
            "sessions_app.sessions.views.study.show_state",
            lambda *args, **kwargs: HttpResponse(get_current_timezone_name()),
        ):
            assert client.get(study_url).text == "Asia/Tokyo"


# --- Nobody, and others


@pytest.mark.parametrize("name", ["study_answer", "study_finish", "study_undo"])
def test_post_without_a_learner_redirects_to_the_start(client, deck, study_url, name):
    url = reverse(name, args=[deck.slug, "spaced"])
    assert client.post(url, {"step": 1})["Location"] == study_url
    assert "no longer logged in" in client.get(study_url).text
    # With htmx the page stays, with what was typed.
    assert client.post(url, {"step": 1}, headers=HTMX)["HX-Retarget"] == "#trouble"
    assert not guests().exists()


@pytest.mark.parametrize(("on", "visibility"), [(False, "public"), (True, "private")])
def test_post_redirects_to_the_login_where_guests_cannot_start(
    client, answer_url, study_url, settings, on, visibility
):
    settings.GUESTS = on
    Deck.objects.update(visibility=visibility)
    assert client.post(answer_url, {"step": 1})["Location"] == f"/accounts/login/?next={study_url}"


def test_step_of_a_guest_cannot_be_answered_by_others(
    guest_client, learner_client, owner_client, study_url, answer_url
):
    step = Step.objects.unanswered().get()
    other = Client()
    other.post(study_url)
    for client in (learner_client, owner_client, other):
        assert client.post(answer_url, {"step": step.pk, "rating": "3"}).status_code == 404
    assert Review.objects.count() == 2


def test_guest_cannot_answer_steps_of_others(guest_client, learner_client, learner, study_url, answer_url):
    learner_client.post(study_url)
    step = Step.objects.get(session__learner=learner)
    assert guest_client.post(answer_url, {"step": step.pk, "rating": "3"}).status_code == 404


def test_guest_sees_their_row_and_cannot_share_it(guest_client, owner_client, deck):
    page = guest_client.get(deck.get_absolute_url())
    assert "Guest" in page.text
    assert "Share my row" not in page.text
    sharing = reverse("deck_sharing", args=[deck.slug])
    assert "/accounts/login/" in guest_client.post(sharing, {"shares_progress": "on"})["Location"]
    assert not Enrollment.objects.get().shares_progress
    Enrollment.objects.update(shares_progress=True)
    assert "No study sessions yet." in owner_client.get(deck.get_absolute_url()).text


def test_header_says_that_the_learner_is_a_guest(guest_client):
    body = guest_client.get("/").text
    told = ("You are studying as a guest", "Sign up to keep your answers", "Not you? Start fresh", "My decks")
    for words in told:
        assert words in body


def test_deleted_guest_is_anonymous(guest_client, study_url):
    guests().delete()
    assert 'id="start-form"' in guest_client.get(study_url).text
    assert "guest_id" not in guest_client.session
    assert "You are studying as a guest" not in guest_client.get("/").text


@pytest.mark.django_db(transaction=True)
def test_answer_during_a_merge_redirects_home(guest_client, answer_url, learner):
    """The guest exists when the request begins, and is deleted before it writes."""
    step, really_answer = Step.objects.unanswered().get(), sessions.step_answer

    def merge_first(**kwargs):
        guest_merge(guest=guests().get(), user=learner, now=step.drawn_at)
        return really_answer(**kwargs)

    with patch("sessions_app.sessions.views.study.step_answer", merge_first):
        assert guest_client.post(answer_url, {"step": step.pk, "rating": "3"})["Location"] == "/"
    assert Review.objects.filter(learner=learner).count() == Review.objects.count() == 2
    step.refresh_from_db()
    assert step.answered_at is None


def test_erased_guest_is_anonymous(guest_client, deck, learner):
    """Also if their row stays because others study their deck."""
    Deck.objects.filter(pk=deck.pk).update(owner=guests().get())
    Enrollment.objects.create(learner=learner, deck=deck)
    assert erasing.erase_person(person=guests().get(), now=timezone.now())
    assert guest_client.get("/").status_code == 200
    assert "guest_id" not in guest_client.session
    assert guests().exists()


# --- Signing up


def test_sign_up_keeps_the_guests_progress(guest_client, study_url, answer_url):
    key = guest_client.session.session_key
    assert sign_up(guest_client, time_zone="Asia/Tokyo")["Location"] == "/"
    user = User.objects.get(email="ada@example.org")
    assert {row.learner for rows in (Review, StudySession, CardProgress) for row in rows.objects.all()} == {
        user
    }
    assert Enrollment.objects.get(learner=user).recalled == 2
    assert "guest_id" not in guest_client.session
    assert guest_client.session.session_key != key
    step = Step.objects.unanswered().get()
    assert guest_client.post(answer_url, {"step": step.pk, "rating": "3"})["Location"] == study_url
    assert Review.objects.filter(learner=user).count() == 3


def test_sign_up_says_what_came_along(guest_client):
    sign_up(guest_client)
    page = guest_client.get("/").content.decode()
    assert "Your 2 answers came with you." in page
    assert "You are logged in as" not in page


def test_sign_up_with_one_answer_says_so_without_a_number(guest_client):
    Review.objects.latest("pk").delete()
    sign_up(guest_client)
    assert "Your answer came with you." in guest_client.get("/").content.decode()


def test_sign_up_without_answers_says_who_is_logged_in(guest_client):
    Review.objects.all().delete()
    sign_up(guest_client)
    assert "You are logged in as" in guest_client.get("/").content.decode()


@pytest.fixture
def with_mail(settings):
    settings.HAS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "site@example.org"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.mark.usefixtures("with_mail")
def test_sign_up_to_be_confirmed_keeps_the_guests_progress(guest_client, mailoutbox):
    sign_up(guest_client)
    user = User.objects.get(email="ada@example.org")
    assert Review.objects.filter(learner=user).count() == 2
    assert "_auth_user_id" not in guest_client.session
    (path,) = re.findall(r"http://testserver(/\S+)", mailoutbox[0].body)
    assert guest_client.post(path)["Location"] == "/"
    assert guest_client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.usefixtures("with_mail")
def test_sign_up_with_an_existing_address_moves_nothing(guest_client, learner):
    learner.emailaddress_set.create(email=learner.email, verified=True, primary=True)
    sign_up(guest_client, email=learner.email)
    assert not Review.objects.filter(learner=learner).exists()
    assert "came with you" not in guest_client.get("/").content.decode()
    assert guest_client.session["guest_id"] == guests().get().pk


def test_failed_sign_up_keeps_the_guest(guest_client, learner):
    assert sign_up(guest_client, email=learner.email).status_code == 200
    assert Review.objects.filter(learner=guests().get()).count() == 2


# --- Logging in


@pytest.fixture
def asked_client(guest_client, learner):
    """Lena has logged in after a guest answered in this browser, and must add or discard the answers."""
    assert log_in(guest_client, next="/?page=2")["Location"] == "/guest/?next=%2F%3Fpage%3D2"
    return guest_client


def test_login_asks_about_the_guests_answers(asked_client, learner):
    page = asked_client.get("/guest/?next=%2F%3Fpage%3D2")
    assert "Add the 2 answers from this device to your account?" in page.text
    assert 'value="/?page=2"' in page.text
    assert not Review.objects.filter(learner=learner).exists()


def test_adding_merges_the_guest(asked_client, learner):
    response = asked_client.post("/guest/", {"decision": "add", "next": "/?page=2"})
    assert response["Location"] == "/?page=2"
    assert Review.objects.filter(learner=learner).count() == 2
    assert not guests().exists()


def test_discarding_deletes_the_guest(asked_client, learner):
    assert asked_client.post("/guest/", {"decision": "discard"})["Location"] == "/"
    assert not guests().exists()
    assert not Review.objects.exists()
    assert not StudySession.objects.exists()


def test_failed_merge_asks_to_try_again(asked_client, learner):
    with patch("sessions_app.learners.guests.replaying.rebuild", side_effect=IntegrityError):
        Enrollment.objects.create(learner=learner, deck=Deck.objects.get())
        page = asked_client.post("/guest/", {"decision": "add"})
    assert "Try again" in page.text
    assert Review.objects.filter(learner=guests().get()).count() == 2
    assert asked_client.post("/guest/", {"decision": "add"}).status_code == 302


@pytest.mark.parametrize("decision", ["", "yes", "\x00", "ADD"])
def test_unknown_decision_asks_again(asked_client, decision):
    assert "Add the 2 answers" in asked_client.post("/guest/", {"decision": decision}).text
    assert guests().exists()


@pytest.mark.parametrize(("first", "kept"), [("add", 2), ("discard", 0)])
def test_second_decision_changes_nothing(asked_client, learner, first, kept):
    asked_client.post("/guest/", {"decision": first})
    for second in ("add", "discard"):
        response = asked_client.post("/guest/", {"decision": second}, follow=True)
        assert "nothing left to add" in response.text
    assert Review.objects.filter(learner=learner).count() == kept


def test_home_asks_about_guest_answers_until_decided(asked_client, learner):
    page = asked_client.get("/")
    assert page.wsgi_request.learner == learner
    assert "2 answers from a guest who studied here" in page.text
    asked_client.post("/guest/", {"decision": "add"})
    assert "from a guest who studied here" not in asked_client.get("/").text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00", "no-page", "/" + "é" * 900],
)
def test_decision_never_redirects_to_another_site(asked_client, target):
    assert asked_client.post("/guest/", {"decision": "add", "next": target})["Location"] == "/"


def test_guest_without_answers_is_dropped_at_login(client, learner, study_url):
    client.post(study_url)
    assert log_in(client)["Location"] == "/"
    assert not guests().exists()
    assert "guest_id" not in client.session


@pytest.mark.slow
def test_guest_with_only_undone_answers_is_dropped(client, learner, deck, study_url, answer_url):
    client.post(study_url)
    answer(client, answer_url)
    client.post(reverse("study_undo", args=[deck.slug, "spaced"]), {"step": Step.objects.earliest("pk").pk})
    assert log_in(client)["Location"] == "/"


def test_decision_page_needs_a_login(guest_client):
    assert "/accounts/login/" in guest_client.get("/guest/")["Location"]
    assert "/accounts/login/" in guest_client.post("/guest/", {"decision": "discard"})["Location"]
    assert guests().exists()


def test_decision_needs_a_csrf_token(asked_client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = asked_client.cookies
    assert strict.post("/guest/", {"decision": "discard"}).status_code == 403
    assert guests().exists()


def test_logout_drops_the_guest(asked_client):
    asked_client.post("/accounts/logout/")
    assert "guest_id" not in asked_client.session


# --- Starting fresh


def test_start_fresh_asks_if_there_are_answers(guest_client):
    for page in (guest_client.post("/guest/fresh/"), guest_client.get("/guest/fresh/")):
        assert "the guest's 2 answers" in page.text
    key = guest_client.session.session_key
    assert guest_client.post("/guest/fresh/", {"sure": "1"})["Location"] == "/"
    assert "guest_id" not in guest_client.session
    assert guest_client.session.session_key != key
    assert "You are studying as a guest" not in guest_client.get("/").text


def test_start_fresh_without_answers_asks_nothing(client, study_url):
    client.post(study_url)
    assert client.post("/guest/fresh/")["Location"] == "/"
    assert "guest_id" not in client.session


def test_start_fresh_does_not_log_out_people(client, learner_client):
    for each in (client, learner_client):
        assert each.post("/guest/fresh/", {"sure": "1"})["Location"] == "/"
    assert "_auth_user_id" in learner_client.session
