"""The daily goal, and whether the last days are shown."""

import pytest
from django.utils import timezone

from sessions_app.erasing import person_erase
from sessions_app.learners.guests import guest_merge
from sessions_app.models import LearnerSettings
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.conftest import client_of

pytestmark = pytest.mark.django_db

URL = "/today/settings/"


@pytest.fixture
def own_client(owner, deck):
    """The browser of a person who has a deck, so that their home page has a panel."""
    return client_of(owner)


def test_goal_is_saved_and_shown(own_client, owner):
    assert own_client.post(URL, {"daily_goal": "50", "shows_days": "on"})["Location"] == "/"
    assert LearnerSettings.objects.get() == LearnerSettings(learner=owner)
    page = own_client.get("/").text
    assert "of 50 answers today" in page
    assert "the last 7 days" in page.lower()


def test_goal_and_days_can_be_switched_off(own_client):
    own_client.post(URL, {"daily_goal": "50"})
    assert "the last 7 days" not in own_client.get("/").text.lower()
    own_client.post(URL, {"daily_goal": "", "shows_days": "on"})
    page = own_client.get("/").text
    assert "answers today" not in page
    assert "the last 7 days" in page.lower()


@pytest.mark.parametrize("goal", ["0", "-5", "10000", "1e9", "x", "²", "9" * 5_000, "\x00"])
def test_bad_goal_shows_the_form_again(own_client, goal):
    response = own_client.post(URL, {"daily_goal": goal})
    assert response.status_code == 200
    assert "aria-invalid" in response.text
    assert not LearnerSettings.objects.exists()


def test_get_writes_nothing(own_client):
    assert own_client.get(URL).status_code == 200
    assert own_client.get("/").status_code == 200
    assert own_client.put(URL).status_code == 405
    assert not LearnerSettings.objects.exists()


def test_visitor_is_sent_to_the_login(client):
    assert client.get(URL)["Location"] == f"/accounts/login/?next={URL}"
    assert client.post(URL, {"daily_goal": "5"}).status_code == 302
    assert not LearnerSettings.objects.exists()


def test_own_settings_only(own_client, learner, learner_client):
    LearnerSettings.objects.create(learner=learner, daily_goal=77)
    assert "77" not in own_client.get(URL).text
    own_client.post(URL, {"daily_goal": "5"})
    assert LearnerSettings.objects.get(learner=learner).daily_goal == 77


@pytest.mark.parametrize(("own", "kept"), [(None, 20), (50, 50)])
def test_guest_takes_the_goal_along(learner, own, kept):
    guest = User.objects.create_guest(time_zone="UTC")
    LearnerSettings.objects.create(learner=guest, daily_goal=20, shows_days=False)
    if own:
        LearnerSettings.objects.create(learner=learner, daily_goal=own)
    assert guest_merge(guest=guest, user=learner, now=timezone.now())
    assert LearnerSettings.objects.get().daily_goal == kept


def test_erasing_deletes_the_settings(learner):
    LearnerSettings.objects.create(learner=learner, daily_goal=20)
    assert person_erase(learner, slice_=Slice())
    assert not LearnerSettings.objects.exists()
