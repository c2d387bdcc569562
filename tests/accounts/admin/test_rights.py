"""Staff without superuser rights: they give no rights, take over no account with more rights, and see no keys."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from cards.models import Deck, Visibility
from studysite.accounts.models import Invitation, User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

USERS = "/admin/accounts/user/"
INVITATIONS = "/admin/accounts/invitation/"
# With write access to these, a user could give rights or log in as another person.
APPS_OF_RIGHTS = {"account", "admin", "auth", "contenttypes", "mfa", "sessions", "sites", "socialaccount"}


@pytest.fixture
def editor_may(editor):
    """Gives the editor only these permissions, and returns the editor's browser."""

    def given(*codenames):
        editor.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(editor)
        return client

    return given


@pytest.fixture
def almighty_client(editor, editor_client):
    """The browser of an editor who has every permission."""
    editor.user_permissions.set(Permission.objects.all())
    return editor_client


@pytest.fixture
def invitation(superuser):
    return Invitation.objects.create(note="The new girl", created_by=superuser)


def test_models_that_give_rights_are_for_superusers(almighty_client, superuser_client):
    models = [model for model in admin.site._registry if model._meta.app_label in APPS_OF_RIGHTS]
    assert {model._meta.label for model in models} == {"auth.Group", "account.EmailAddress"}
    for model in models:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for page in (path, f"{path}add/"):
            assert almighty_client.get(page).status_code == 403
            assert superuser_client.get(page).status_code == 200


def test_editor_cannot_change_their_own_group(editor, almighty_client):
    group = Group.objects.create(name="Editors")
    editor.groups.add(group)
    data = {"name": "Editors", "permissions": [Permission.objects.first().pk]}
    assert almighty_client.post(f"/admin/auth/group/{group.pk}/change/", data).status_code == 403
    assert almighty_client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert not group.permissions.exists()


def test_editor_cannot_give_rights_to_an_added_person(almighty_client):
    data = {"email": "kim@example.org", "name": "Kim", "usable_password": "false"}
    almighty_client.post(f"{USERS}add/", data | {"is_staff": "on", "is_superuser": "on"})
    assert User.objects.get(name="Kim").stored_rights() == []


def in_a_group(user):
    user.groups.add(Group.objects.create(name="Checkers"))


def with_a_permission(user):
    user.user_permissions.add(Permission.objects.first())


def staff_switched_off(user):
    User.objects.filter(pk=user.pk).update(is_staff=True, is_active=False)


def superuser_switched_off(user):
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_active=False)


@pytest.mark.parametrize(
    "raised", [in_a_group, with_a_permission, staff_switched_off, superuser_switched_off]
)
def test_editor_cannot_take_over_an_account_with_rights(almighty_client, learner, raised):
    raised(learner)
    data = {"email": "mine@example.org", "name": "X", "time_zone": "UTC", "is_active": "on"}
    new = {"password1": "another long sentence", "password2": "another long sentence"}
    link = {"action": "make_password_links", "_selected_action": learner.pk}
    assert almighty_client.post(f"{USERS}{learner.pk}/change/", data).status_code == 403
    assert almighty_client.post(f"{USERS}{learner.pk}/password/", new).status_code == 403
    assert "/password/reset/key/" not in almighty_client.post(USERS, link, follow=True).text
    before = learner.email
    learner.refresh_from_db()
    assert (learner.email, learner.check_password(PASSWORD)) == (before, True)


@pytest.mark.parametrize("raised", [in_a_group, with_a_permission])
def test_link_ends_when_its_person_gets_rights(client, editor_client, learner, raised):
    link = {"action": "make_password_links", "_selected_action": learner.pk}
    [(_, address)] = editor_client.post(USERS, link).context["links"]
    raised(learner)
    assert "This link does not work" in client.get(address, follow=True).text


def test_admin_password_page_redirects_to_the_sites(editor_client):
    response = editor_client.post("/admin/password_change/", {"old_password": "guess"})
    assert response["Location"] == "/accounts/password/change/"


def pages_of(invitation):
    return (INVITATIONS, f"{INVITATIONS}{invitation.pk}/change/", f"{INVITATIONS}{invitation.pk}/history/")


def test_viewer_of_invitations_does_not_see_the_link(editor_may, invitation):
    client = editor_may("view_invitation")
    for page in (*pages_of(invitation), "/admin/"):
        response = client.get(page)
        assert response.status_code == 200
        assert invitation.token not in response.text


@pytest.mark.parametrize("permissions", [["change_invitation"], ["view_invitation", "change_invitation"]])
def test_right_to_change_invitations_shows_the_link(editor_may, invitation, permissions):
    assert invitation.get_absolute_url() in editor_may(*permissions).get(pages_of(invitation)[1]).text


def test_creator_of_invitations_sees_only_their_own_links(editor, editor_may, invitation):
    client = editor_may("view_invitation", "add_invitation")
    data = {"note": "Mine", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    page = client.post(f"{INVITATIONS}add/", data, follow=True)
    assert Invitation.objects.get(created_by=editor).get_absolute_url() in page.text
    assert invitation.token not in client.get(pages_of(invitation)[1]).text


def test_creator_without_view_right_sees_the_link_once(editor, editor_may):
    client = editor_may("add_invitation")
    data = {"note": "Mine", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    page = client.post(f"{INVITATIONS}add/", data, follow=True)
    link = Invitation.objects.get(created_by=editor).get_absolute_url()
    assert link in page.text
    assert link not in client.get("/admin/").text


@pytest.mark.parametrize("lookup", ["token", "token__startswith", "token__gt", "token__regex"])
def test_lists_cannot_be_filtered_by_token(editor_may, invitation, lookup):
    client = editor_may("view_invitation", "change_invitation", "view_user")
    assert client.get(INVITATIONS, {lookup: invitation.token}).status_code == 400
    assert client.get(USERS, {f"invitations_made__{lookup}": invitation.token}).status_code == 400


@pytest.mark.parametrize("form", ["{}", "0{}", "+{}", "{}x", "99999999999999999999"])
def test_admin_redirect_reveals_no_invitation_link(almighty_client, invitation, form):
    number = form.format(ContentType.objects.get_for_model(Invitation).pk)
    assert almighty_client.get(f"/admin/r/{number}/{invitation.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("permission", "status"), [("view_deck", 302), ("change_deck", 302), ("view_card", 404)]
)
def test_view_on_site_needs_the_view_right(editor_may, owner, permission, status):
    deck = Deck.objects.create(owner=owner, title="A", slug="a", visibility=Visibility.PRIVATE)
    number = ContentType.objects.get_for_model(Deck).pk
    client = editor_may(permission)
    assert client.get(f"/admin/r/{number}/{deck.pk}/").status_code == status
    assert client.get(f"/admin/r/{number}/x/").status_code == 404


def test_admin_log_holds_no_link(superuser, superuser_client, learner):
    data = {"note": "", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    superuser_client.post(f"{INVITATIONS}add/", data)
    token = Invitation.objects.get(created_by=superuser).token
    link = {"action": "make_password_links", "_selected_action": learner.pk}
    [(_, address)] = superuser_client.post(USERS, link).context["links"]
    noted = [f"{entry.object_repr} {entry.change_message}" for entry in superuser.logentry_set.all()]
    assert len(noted) == 2
    assert not [line for line in noted if token in line or address.rsplit("-", 1)[-1] in line]
