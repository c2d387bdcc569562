"""The preferences page, and the time zones it offers."""

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studysite.accounts.time_zones import time_zone_choices, time_zone_names, time_zone_or_utc
from tests.accounts.people import errors

PATH = "/accounts/preferences/"


def test_preferences_are_saved_with_a_message(learner, learner_client):
    response = learner_client.post(PATH, {"name": " Lena L. ", "time_zone": "Asia/Tokyo"}, follow=True)
    assert response.redirect_chain == [(PATH, 302)]
    assert "are saved" in response.text
    learner.refresh_from_db()
    assert (learner.name, learner.time_zone) == ("Lena L.", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("name", "x" * 1_000_000),
        ("name", "a\x00b"),
        ("time_zone", ""),
        ("time_zone", "Nowhere/Land"),
        ("time_zone", "\x00"),
    ],
)
def test_invalid_input_is_a_form_error(learner, learner_client, field, value):
    response = learner_client.post(PATH, {"name": "Other", "time_zone": "UTC", field: value})
    assert field in errors(response)
    assert "Lena Learner" in response.text  # the header still shows the learner's name
    learner.refresh_from_db()
    assert (learner.name, learner.time_zone) == ("Lena Learner", "America/New_York")


def test_form_changes_no_other_field(learner, learner_client):
    learner_client.post(PATH, {"name": "L", "time_zone": "UTC", "is_staff": "on", "email": "x@example.org"})
    learner.refresh_from_db()
    assert (learner.is_staff, learner.email) == (False, "lena@example.org")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_return_405(learner_client, method):
    assert getattr(learner_client, method)(PATH).status_code == 405


def test_visitors_are_redirected_to_the_login(client):
    assert client.post(PATH, {"name": "x", "time_zone": "UTC"}).status_code == 302


def test_every_time_zone_is_offered_once():
    offered = [name for _, zones in time_zone_choices() for name, _ in zones]
    assert len(offered) == len(set(offered))
    assert set(offered) == time_zone_names()


def test_time_zones_read_like_places():
    groups = dict(time_zone_choices())
    assert ("America/Argentina/Buenos_Aires", "Argentina / Buenos Aires") in groups["America"]
    assert ("UTC", "UTC") in groups["Other"]
    assert list(groups)[-1] == "Other"


@given(st.one_of(st.text(), st.none(), st.integers(), st.sampled_from(["Europe/Paris", "UTC"])))
def test_any_value_from_a_browser_becomes_a_time_zone(value):
    assert zoneinfo.ZoneInfo(time_zone_or_utc(value))
