"""Changing a password, and replacing a forgotten one on a site without mail."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from studysite.accounts.models import User
from tests.accounts.people import errors, log_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long sentence"
USERS = "/admin/accounts/user/"


def make_links(client, *users):
    return client.post(
        USERS, {"action": "make_password_links", "_selected_action": [user.pk for user in users]}
    )


def link_for(client, user):
    """The path of the one-time link that ``client`` makes for ``user``."""
    ((_, link),) = make_links(client, user).context["links"]
    return link.removeprefix("http://testserver")


def set_password(client, link, password=NEW_PASSWORD):
    """Open the link as a browser does, and send the form that it leads to."""
    page = client.get(link, follow=True)
    return client.post(page.redirect_chain[-1][0], {"password1": password}) if page.redirect_chain else page


def test_password_change_needs_the_present_one(learner, learner_client):
    response = learner_client.post(
        "/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW_PASSWORD}
    )
    assert "oldpassword" in errors(response)
    learner.refresh_from_db()
    assert learner.check_password(PASSWORD)


def test_password_change_keeps_this_login_and_ends_others(learner, learner_client):
    elsewhere = Client()
    log_in(elsewhere)
    response = learner_client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}
    )
    assert response["Location"] == "/accounts/preferences/"
    assert learner_client.get("/accounts/preferences/").status_code == 200
    assert elsewhere.get("/accounts/preferences/").status_code == 302


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/email/", "/accounts/preferences/"])
def test_visitors_are_redirected_to_the_login(client, path):
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_reset_page_without_mail_names_the_admin(client, mailoutbox, learner):
    path = "/accounts/password/reset/"
    for response in (client.get(path), client.post(path, {"email": learner.email})):
        assert response.status_code == 200
        assert "does not send e-mail" in response.text
    assert not mailoutbox


@pytest.mark.parametrize("path", ["/accounts/password/reset/done/", "/accounts/confirm-email/"])
def test_mail_pages_return_404_without_mail(client, path):
    assert client.get(path).status_code == 404


def test_one_time_link_sets_a_password_and_logs_in(client, learner, superuser_client):
    link = link_for(superuser_client, learner)
    assert set_password(client, link).status_code == 302
    assert client.session["_auth_user_id"] == str(learner.pk)
    learner.refresh_from_db()
    assert learner.check_password(NEW_PASSWORD)


def test_one_time_link_works_once(client, learner, superuser_client):
    link = link_for(superuser_client, learner)
    set_password(client, link)
    response = set_password(Client(), link, "a third long sentence")
    assert "This link does not work" in response.text
    learner.refresh_from_db()
    assert learner.check_password(NEW_PASSWORD)


def test_one_time_link_expires(client, learner, superuser_client, time_machine):
    link = link_for(superuser_client, learner)
    time_machine.move_to(timezone.now() + datetime.timedelta(days=3, minutes=1))
    assert "This link does not work" in set_password(client, link).text


def test_invalid_new_password_is_a_form_error(client, learner, superuser_client):
    assert "password1" in errors(set_password(client, link_for(superuser_client, learner), "short"))


@pytest.mark.parametrize(
    "key", ["1-x", "1-", "zzzzzzzzzzzzz-abc-def", "zzzzzzzzzzzzzz-abc-def", "0-set-password", "1-%00"]
)
def test_invented_link_is_refused(client, learner, key):
    response = client.get(f"/accounts/password/reset/key/{key}/")
    assert response.status_code in (200, 404)
    assert "password1" not in response.text


def test_links_are_made_for_several_people(superuser_client, owner, learner, stranger):
    links = make_links(superuser_client, owner, learner, stranger).context["links"]
    assert [user for user, _ in links] == [learner, owner, stranger]
    assert len({link for _, link in links}) == 3


def test_link_is_shown_and_its_making_logged(superuser_client, superuser, learner):
    response = make_links(superuser_client, learner)
    assert response.context["links"][0][1] in response.text
    assert superuser.logentry_set.get().object_id == str(learner.pk)


def test_editor_makes_links_for_people_without_rights(editor_client, learner):
    assert link_for(editor_client, learner)


def test_editor_cannot_make_links_for_superusers_or_editors(editor_client, superuser):
    colleague = User.objects.create_user("carl@example.org", PASSWORD, name="Carl", is_staff=True)
    response = make_links(editor_client, superuser, colleague)
    assert response.status_code == 302
    assert "links" not in (response.context or {})


def test_visitors_and_learners_cannot_make_links(client, learner_client, learner, editor, editor_client):
    editor.user_permissions.clear()
    assert make_links(client, learner).status_code == 302
    assert make_links(learner_client, learner).status_code == 302
    assert make_links(editor_client, learner).status_code == 403


def test_making_a_link_needs_a_post(superuser_client, learner):
    query = {"action": "make_password_links", "_selected_action": learner.pk}
    response = superuser_client.get(USERS, query, follow=True)
    assert "/password/reset/key/" not in response.text


def test_inactive_person_gets_no_link(superuser_client, learner):
    User.objects.filter(pk=learner.pk).update(is_active=False)
    assert make_links(superuser_client, learner).status_code == 302
