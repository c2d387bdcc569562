"""Fixtures that every app's tests share: three fixed people, and a browser of each."""

import hypothesis
import pytest
from django.test import Client

from studysite.accounts.models import User

# Time never fails a test here: machines are shared and noisy.
hypothesis.settings.register_profile("studysite", deadline=None)
# Used by `make test-quick`: fewer examples of each property.
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("studysite"), max_examples=20)
hypothesis.settings.load_profile("studysite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that the last tests of a run are short and all workers end at the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


PASSWORD = "correct horse battery"


@pytest.fixture
def owner(db: None) -> User:
    """Olga, who owns the decks of a test."""
    return User.objects.create_user(
        "olga@example.org", PASSWORD, name="Olga Owner", time_zone="Europe/Berlin"
    )


@pytest.fixture
def learner(db: None) -> User:
    """Lena, who studies decks of other people."""
    return User.objects.create_user(
        "lena@example.org", PASSWORD, name="Lena Learner", time_zone="America/New_York"
    )


@pytest.fixture
def stranger(db: None) -> User:
    """Sam, who has nothing to do with anybody's decks."""
    return User.objects.create_user("sam@example.org", PASSWORD, name="Sam Stranger")


def client_of(user: User) -> Client:
    """A browser in which ``user`` is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner_client(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def learner_client(learner: User) -> Client:
    return client_of(learner)


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    return client_of(stranger)


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root@example.org", PASSWORD, name="Root")


@pytest.fixture
def superuser_client(superuser: User) -> Client:
    return client_of(superuser)


@pytest.fixture(autouse=True)
def _long_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request finish its long work, however slow the machine is; tests of slices set their own time."""
    monkeypatch.setattr("studysite.slices.SECONDS", 60.0)
