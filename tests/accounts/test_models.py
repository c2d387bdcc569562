"""The user model: how addresses and names are stored."""

import pytest
from django.db import IntegrityError

from studysite.accounts.models import User


@pytest.mark.django_db
def test_address_is_stored_in_lower_case():
    assert User.objects.create_user(" Ada@Example.ORG ", "x").email == "ada@example.org"


def test_address_is_unique_regardless_of_case(learner: User):
    with pytest.raises(IntegrityError):
        User.objects.create(email=learner.email.upper())


def test_client_fixtures_are_signed_in(learner, learner_client):
    assert learner_client.session["_auth_user_id"] == str(learner.pk)
