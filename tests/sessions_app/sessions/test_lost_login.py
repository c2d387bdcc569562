"""A login that is lost in the middle of a question: what was typed is kept until its owner is back."""

import pytest
from django.test import Client
from django.urls import reverse

from cards.models import Card
from sessions_app.access import KEPT_ANSWER
from sessions_app.models import Enrollment, Review, Step
from studysite.accounts.models import User
from tests.conftest import PASSWORD

HTMX = {"HX-Request": "true", "HX-Target": "question"}
TYPED = "Ein <b>halber</b> Satz"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(learner: User, make_deck) -> Client:
    """Lena's browser with an open typed question in a public deck."""
    deck = make_deck(4)
    Card.objects.filter(deck=deck).update(studied_side="definition")
    Enrollment.objects.create(learner=learner, deck=deck, learn_kinds=["typed"])
    client = Client()
    client.force_login(learner)
    client.post(reverse("study", args=[deck.slug, "learn"]), {"learn_kinds": "typed"})
    return client


def answer(client: Client, **headers: str) -> object:
    step = Step.objects.unanswered().get()
    page = reverse("study_answer", args=[step.session.deck.slug, "learn"])
    return client.post(page, {"step": step.pk, "typed": TYPED}, headers=headers)


def page() -> str:
    return reverse("study", args=[Step.objects.unanswered().get().session.deck.slug, "learn"])


def log_in(client: Client, email: str) -> None:
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_typed_answer_comes_back_after_the_login(client: Client, headers: dict[str, str]) -> None:
    client.logout()
    response = answer(client, **headers)
    if headers:
        assert response["HX-Retarget"] == "#trouble"
        assert f'href="{reverse("account_login")}?next={page()}"' in response.text
    assert not Review.objects.exists()
    log_in(client, "lena@example.org")
    assert 'value="Ein &lt;b&gt;halber&lt;/b&gt; Satz"' in client.get(page()).text


def test_nobody_else_sees_what_was_typed(client: Client, stranger: User) -> None:
    address = page()
    client.logout()
    answer(client)
    log_in(client, "sam@example.org")
    assert "halber" not in client.get(address).text
    client.post(address, {"learn_kinds": "typed"})
    assert "halber" not in client.get(address).text


def test_it_is_gone_once_the_question_is_answered(client: Client) -> None:
    client.logout()
    answer(client)
    log_in(client, "lena@example.org")
    answer(client)
    assert Review.objects.count() == 1
    assert "halber" not in client.get(page()).text


def test_in_a_private_deck_without_htmx_the_login_follows(client: Client) -> None:
    step = Step.objects.unanswered().get()
    step.session.deck.visibility = "private"
    step.session.deck.save()
    client.logout()
    response = answer(client)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={page()}"


@pytest.mark.parametrize("typed", ["", " ", "x" * 5_000, "\x00"])
def test_any_text_can_be_kept(client: Client, typed: str) -> None:
    client.logout()
    step = Step.objects.unanswered().get()
    address = reverse("study_answer", args=[step.session.deck.slug, "learn"])
    assert client.post(address, {"step": step.pk, "typed": typed}, headers=HTMX).status_code == 200
    log_in(client, "lena@example.org")
    assert client.get(page()).status_code == 200


def test_without_htmx_the_page_says_so_with_a_link(client: Client) -> None:
    client.logout()
    address = page()
    response = answer(client)
    assert response.status_code == 302
    said = client.get(response["Location"]).text
    assert f'<a href="{reverse("account_login")}?next={address}">Log in</a> to come back' in said


def test_answer_leaves_nothing_in_the_browsers_session(client: Client) -> None:
    client.logout()
    answer(client)
    log_in(client, "lena@example.org")
    assert KEPT_ANSWER in client.session
    answer(client)
    assert KEPT_ANSWER not in client.session
