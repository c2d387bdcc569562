"""An editor with all rights, in the admin of decks and cards."""

import pytest
from django.test import Client

from studysite.accounts.models import User
from tests.conftest import PASSWORD, client_of


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("ed@example.org", PASSWORD, name="Ed Editor")


@pytest.fixture
def editor_client(editor: User) -> Client:
    return client_of(editor)
