"""Fixtures of the accounts' tests: people of the admin, and a site that can send mail."""

import pytest
from django.contrib.auth.models import Permission

from studysite.accounts.models import User
from tests.conftest import PASSWORD, client_of


@pytest.fixture
def editor(db):
    """Staff who may manage people, but without superuser rights."""
    editor = User.objects.create_user("edith@example.org", PASSWORD, name="Edith Editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    return editor


@pytest.fixture
def editor_client(editor):
    return client_of(editor)


@pytest.fixture
def with_mail(settings):
    """A site with a mail server, set up as the settings do it; sent mail is in ``mailoutbox``."""
    settings.HAS_MAIL = True
    settings.DEFAULT_FROM_EMAIL = "site@example.org"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
