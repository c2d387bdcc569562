"""Guests: users who study and are never logged in."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory

from studysite.accounts import guests
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest():
    return User.objects.create_guest(time_zone="Asia/Tokyo")


@pytest.fixture
def request_of():
    """``request_of(user, guest_id=1)``: a request that has passed the middleware, with such a session."""

    def request_of(user=None, **session):
        request = RequestFactory().get("/")
        request.user = user or AnonymousUser()
        request.session = SessionStore()
        request.session.update(session)
        guests.learner(lambda request: SimpleNamespace())(request)
        return request

    return request_of


# --- The row


def test_guest_has_a_name_and_no_credentials(guest):
    assert (guest.name, guest.email, guest.is_guest) == ("Guest", None, True)
    assert not guest.has_usable_password()
    assert str(guest) == "Guest"


@pytest.mark.parametrize(
    "fields",
    [
        {"is_guest": True, "email": "guest@example.org"},
        {"is_guest": False, "email": None},
        {"is_guest": True, "email": None, "is_staff": True},
        {"is_guest": True, "email": None, "is_superuser": True},
    ],
)
def test_database_refuses_guests_with_address_or_rights(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(name="X", **fields)


def test_many_guests_can_exist(guest):
    assert User.objects.create_guest(time_zone="UTC").pk != guest.pk


def test_guest_is_found_by_no_address(guest):
    for nothing in (None, ""):
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(nothing)


# --- Never signed in


def test_guest_is_never_the_requests_user(guest):
    client = Client()
    client.force_login(guest)
    page = client.get("/accounts/preferences/")
    assert page.status_code == 302
    assert not client.get("/").wsgi_request.user.is_authenticated


def test_guest_with_a_password_cannot_log_in(guest):
    guest.set_password("correct horse battery")
    guest.save()
    for name in ("", "Guest", "None"):
        assert authenticate(None, email=name, password="correct horse battery") is None


# --- Who studies


def test_signed_in_person_is_the_learner_despite_a_guest(request_of, learner, guest):
    assert request_of(learner, guest_id=guest.pk).learner == learner


def test_learner_is_the_sessions_guest_or_anonymous(request_of, guest):
    assert request_of(guest_id=guest.pk).learner == guest
    assert not request_of().learner.is_authenticated


def test_guest_is_fetched_once_and_only_when_used(request_of, guest, django_assert_num_queries):
    with django_assert_num_queries(0):
        request = request_of(guest_id=guest.pk)
    with django_assert_num_queries(1):
        assert (request.learner.name, request.learner.time_zone) == ("Guest", "Asia/Tokyo")


def test_deleted_guest_is_dropped_from_the_session(request_of):
    request = request_of(guest_id=4711)
    assert not request.learner.is_authenticated
    assert guests.SESSION_KEY not in request.session


def test_person_is_never_taken_for_the_sessions_guest(request_of, learner):
    request = request_of(guest_id=learner.pk)
    assert not request.learner.is_authenticated
    assert guests.SESSION_KEY not in request.session


# --- In the admin


def test_admin_lists_guests_only_when_filtered(superuser_client, guest, learner):
    people = superuser_client.get("/admin/accounts/user/").context["cl"].result_list
    assert guest not in people
    assert learner in people
    listed = superuser_client.get("/admin/accounts/user/", {"guests": "yes"}).context["cl"].result_list
    assert list(listed) == [guest]


def test_admin_cannot_change_a_guest_or_their_password(superuser_client, guest):
    page = superuser_client.get(f"/admin/accounts/user/{guest.pk}/change/")
    assert page.status_code == 200
    assert "_save" not in page.text
    assert superuser_client.post(f"/admin/accounts/user/{guest.pk}/change/", {"name": "X"}).status_code == 403
    data = {"action": "make_password_links", "_selected_action": guest.pk}
    links = superuser_client.post("/admin/accounts/user/?guests=yes", data, follow=True)
    assert "No link for 1" in links.text


def test_guests_are_not_offered_as_deck_owners(superuser_client, guest, learner):
    query = {"app_label": "cards", "model_name": "deck", "field_name": "owner", "term": ""}
    names = [each["text"] for each in superuser_client.get("/admin/autocomplete/", query).json()["results"]]
    assert "Lena Learner" in names
    assert "Guest" not in names
