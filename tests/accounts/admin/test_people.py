"""The admin for people: who may change whom, and what invitations show."""

import pytest
from django.contrib import admin
from django.core.management import call_command

from studysite.accounts.models import Invitation, User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

USERS = "/admin/accounts/user/"


def test_admin_redirects_to_the_sites_login(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_admin_returns_403_to_learners(learner_client):
    assert learner_client.get("/admin/", follow=True).status_code == 403


def test_lists_and_finds_people(superuser_client, learner, stranger):
    page = superuser_client.get(USERS, {"q": "lena"})
    assert "Lena Learner" in page.text
    assert "Sam Stranger" not in page.text


def test_person_can_be_added_without_a_password(superuser_client):
    data = {"email": "Kim@Example.org", "name": "Kim", "usable_password": "false"}
    assert superuser_client.post(f"{USERS}add/", data).status_code == 302
    kim = User.objects.get(name="Kim")
    assert kim.email == "kim@example.org"
    assert not kim.has_usable_password()


def test_address_in_use_is_a_form_error(superuser_client, learner):
    data = {"email": "LENA@example.org", "name": "Kim", "usable_password": "false"}
    response = superuser_client.post(f"{USERS}add/", data)
    assert "email" in response.context["adminform"].form.errors


def test_person_page_offers_a_one_time_link(superuser_client, learner):
    page = superuser_client.get(f"{USERS}{learner.pk}/change/")
    assert "Make a one-time link" in page.text


def test_editor_changes_a_learner(editor_client, learner):
    data = {"email": learner.email, "name": "Lena", "time_zone": "UTC", "is_active": "on"}
    assert editor_client.post(f"{USERS}{learner.pk}/change/", data).status_code == 302
    learner.refresh_from_db()
    assert learner.name == "Lena"


def test_editor_cannot_give_rights(editor, editor_client, learner):
    for user in (learner, editor):
        data = {"email": user.email, "name": "X", "time_zone": "UTC", "is_active": "on"}
        rights = {"is_staff": "on", "is_superuser": "on", "groups": [], "user_permissions": [1]}
        editor_client.post(f"{USERS}{user.pk}/change/", data | rights)
        user.refresh_from_db()
        assert user.name == "X"
        assert not user.is_superuser
    assert not learner.is_staff
    assert not learner.user_permissions.exists()


@pytest.mark.parametrize("page", ["change", "password"])
def test_editor_cannot_change_a_superuser(editor_client, superuser, page):
    data = {
        "email": "mine@example.org",
        "name": "X",
        "time_zone": "UTC",
        "password1": "another long sentence",
        "password2": "another long sentence",
    }
    path = f"{USERS}{superuser.pk}/{page}/"
    assert editor_client.post(path, data).status_code == 403
    superuser.refresh_from_db()
    assert superuser.name == "Root"
    assert superuser.check_password(PASSWORD)


def test_editor_cannot_delete_people(editor_client, superuser, learner):
    data = {"action": "delete_selected", "_selected_action": [superuser.pk, learner.pk], "post": "yes"}
    editor_client.post(USERS, data)
    assert editor_client.post(f"{USERS}{learner.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk__in=[superuser.pk, learner.pk]).count() == 2


def test_editor_cannot_open_the_list_of_email_addresses(editor, editor_client):
    assert editor_client.get("/admin/account/emailaddress/").status_code == 403


def test_invitation_shows_its_link(editor, editor_client, settings):
    data = {"note": "New girl", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    page = editor_client.post("/admin/accounts/invitation/add/", data, follow=True)
    invitation = Invitation.objects.get()
    assert f"{settings.SITE_URL}/accounts/invitation/{invitation.token}/" in page.text
    assert invitation.created_by == editor


def test_invitation_list_shows_their_state(editor_client, learner):
    Invitation.objects.create(note="one")
    page = editor_client.get("/admin/accounts/invitation/")
    assert ">open<" in page.text


@pytest.mark.parametrize("model", [User, Invitation])
def test_every_admin_list_opens(superuser_client, model, learner):
    name = model._meta.model_name
    assert model in admin.site._registry
    assert superuser_client.get(f"/admin/accounts/{name}/").status_code == 200
    assert superuser_client.get(f"/admin/accounts/{name}/add/").status_code == 200


def test_createsuperuser_makes_a_superuser(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long sentence")
    call_command("createsuperuser", "--noinput", email="Root@Example.org", name="Root")
    root = User.objects.get()
    assert root.email == "root@example.org"
    assert root.is_superuser
    assert root.is_staff
    assert root.check_password("a long sentence")


NO_KEYS = ["x", "-1", "²", "٣", str(2**31), str(2**63 - 1), str(2**63), "9" * 5_000, "0" * 5_000 + "1", "\0"]


@pytest.mark.parametrize("key", NO_KEYS)
@pytest.mark.parametrize("field", ["groups", "user_permissions"])
def test_unknown_rights_are_a_field_error(superuser_client, learner, field, key):
    data = {"email": learner.email, "name": "Lena", "time_zone": "UTC", "is_active": "on", field: ["1", key]}
    response = superuser_client.post(f"{USERS}{learner.pk}/change/", data)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


@pytest.mark.parametrize("key", NO_KEYS)
def test_unknown_group_permissions_are_a_field_error(superuser_client, key):
    response = superuser_client.post("/admin/auth/group/add/", {"name": "Teachers", "permissions": [key]})
    assert response.status_code == 200
    assert "permissions" in response.context["adminform"].form.errors


@pytest.mark.parametrize(
    "table", ["accounts/user", "accounts/invitation", "account/emailaddress", "auth/group"]
)
def test_unknown_selected_rows_are_ignored(superuser_client, table):
    data = {"action": "delete_selected", "_selected_action": NO_KEYS}
    assert superuser_client.post(f"/admin/{table}/", data).status_code in (200, 302)
