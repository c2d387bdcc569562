"""Staff who are no superusers: they raise nobody's rights, take over nobody who has more, and see no keys."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from cards.models import Deck, Visibility
from studysite.accounts.models import Invitation, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
INVITATIONS = "/admin/accounts/invitation/"
# Whoever writes in these gives rights, or becomes somebody else.
APPS_OF_RIGHTS = {"account", "admin", "auth", "contenttypes", "mfa", "sessions", "sites", "socialaccount"}


@pytest.fixture
def editor_may(editor):
    """Gives the editor these permissions alone, and their browser."""

    def given(*codenames):
        editor.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(editor)
        return client

    return given


@pytest.fixture
def almighty_client(editor, editor_client):
    """Of an editor who has been given every single permission."""
    editor.user_permissions.set(Permission.objects.all())
    return editor_client


@pytest.fixture
def invitation(superuser):
    return Invitation.objects.create(note="The new girl", created_by=superuser)


def test_what_gives_rights_is_for_superusers(almighty_client, superuser_client):
    models = [model for model in admin.site._registry if model._meta.app_label in APPS_OF_RIGHTS]
    assert {model._meta.label for model in models} == {"auth.Group", "account.EmailAddress"}
    for model in models:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for page in (path, f"{path}add/"):
            assert almighty_client.get(page).status_code == 403
            assert superuser_client.get(page).status_code == 200


def test_an_editor_gives_their_own_group_nothing(editor, almighty_client):
    group = Group.objects.create(name="Editors")
    editor.groups.add(group)
    data = {"name": "Editors", "permissions": [Permission.objects.first().pk]}
    assert almighty_client.post(f"/admin/auth/group/{group.pk}/change/", data).status_code == 403
    assert almighty_client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert not group.permissions.exists()


def test_an_editor_gives_no_rights_by_adding_a_person(almighty_client):
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
def test_an_editor_takes_over_nobody_with_rights(almighty_client, learner, raised):
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
def test_a_link_ends_when_its_person_gets_rights(client, editor_client, learner, raised):
    link = {"action": "make_password_links", "_selected_action": learner.pk}
    [(_, address)] = editor_client.post(USERS, link).context["links"]
    raised(learner)
    assert "This link does not work" in client.get(address, follow=True).text


def test_the_admin_has_no_password_page_of_its_own(editor_client):
    response = editor_client.post("/admin/password_change/", {"old_password": "guess"})
    assert response["Location"] == "/accounts/password/change/"


def pages_of(invitation):
    return (INVITATIONS, f"{INVITATIONS}{invitation.pk}/change/", f"{INVITATIONS}{invitation.pk}/history/")


def test_who_may_view_invitations_does_not_see_the_link(editor_may, invitation):
    client = editor_may("view_invitation")
    for page in (*pages_of(invitation), "/admin/"):
        response = client.get(page)
        assert response.status_code == 200
        assert invitation.token not in response.text


@pytest.mark.parametrize("permissions", [["change_invitation"], ["view_invitation", "change_invitation"]])
def test_who_may_change_invitations_sees_the_link(editor_may, invitation, permissions):
    assert invitation.get_absolute_url() in editor_may(*permissions).get(pages_of(invitation)[1]).text


def test_who_adds_invitations_sees_the_links_of_their_own(editor, editor_may, invitation):
    client = editor_may("view_invitation", "add_invitation")
    data = {"note": "Mine", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    page = client.post(f"{INVITATIONS}add/", data, follow=True)
    assert Invitation.objects.get(created_by=editor).get_absolute_url() in page.text
    assert invitation.token not in client.get(pages_of(invitation)[1]).text


def test_who_may_only_add_invitations_gets_the_link_once(editor, editor_may):
    client = editor_may("add_invitation")
    data = {"note": "Mine", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    page = client.post(f"{INVITATIONS}add/", data, follow=True)
    link = Invitation.objects.get(created_by=editor).get_absolute_url()
    assert link in page.text
    assert link not in client.get("/admin/").text


@pytest.mark.parametrize("lookup", ["token", "token__startswith", "token__gt", "token__regex"])
def test_no_list_is_narrowed_by_the_token(editor_may, invitation, lookup):
    client = editor_may("view_invitation", "change_invitation", "view_user")
    assert client.get(INVITATIONS, {lookup: invitation.token}).status_code == 400
    assert client.get(USERS, {f"invitations_made__{lookup}": invitation.token}).status_code == 400


@pytest.mark.parametrize("form", ["{}", "0{}", "+{}", "{}x", "99999999999999999999"])
def test_no_address_of_a_key_is_told(almighty_client, invitation, form):
    number = form.format(ContentType.objects.get_for_model(Invitation).pk)
    assert almighty_client.get(f"/admin/r/{number}/{invitation.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("permission", "status"), [("view_deck", 302), ("change_deck", 302), ("view_card", 404)]
)
def test_view_on_site_is_for_those_who_may_view(editor_may, owner, permission, status):
    deck = Deck.objects.create(owner=owner, title="A", slug="a", visibility=Visibility.PRIVATE)
    number = ContentType.objects.get_for_model(Deck).pk
    client = editor_may(permission)
    assert client.get(f"/admin/r/{number}/{deck.pk}/").status_code == status
    assert client.get(f"/admin/r/{number}/x/").status_code == 404


def test_the_log_of_the_admin_holds_no_link(superuser, superuser_client, learner):
    data = {"note": "", "expires_at_0": "2100-01-01", "expires_at_1": "12:00:00"}
    superuser_client.post(f"{INVITATIONS}add/", data)
    token = Invitation.objects.get(created_by=superuser).token
    link = {"action": "make_password_links", "_selected_action": learner.pk}
    [(_, address)] = superuser_client.post(USERS, link).context["links"]
    noted = [f"{entry.object_repr} {entry.change_message}" for entry in superuser.logentry_set.all()]
    assert len(noted) == 2
    assert not [line for line in noted if token in line or address.rsplit("-", 1)[-1] in line]
